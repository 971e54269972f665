import Testing

@testable import AtollFederation

/// Each fault with its exact text, as it stands behind `error: `. Lines are added to the smallest task, from
/// line 6 on.
struct TaskErrorTests {
  @Test(arguments: [
    (
      "training:\n  local-epoch: 2",
      """
      task.yaml:7:3: unknown key “local-epoch” under training
              7 |   local-epoch: 2
                |   ^^^^^^^^^^^ did you mean local-epochs?
      """
    ),
    (
      "local-epochs: 2",
      """
      task.yaml:6:1: unknown key “local-epochs”
              6 | local-epochs: 2
                | ^^^^^^^^^^^^ local-epochs belongs under training
      """
    ),
    (
      "training: {minimum-gain: 0.1}",
      """
      task.yaml:6:12: unknown key “minimum-gain” under training
              6 | training: {minimum-gain: 0.1}
                |            ^^^^^^^^^^^^
      minimum-gain belongs under evaluation.stopping
      """
    ),
    (
      "training: {mu: 0.1}",
      """
      task.yaml:6:12: unknown key “mu” under training
              6 | training: {mu: 0.1}
                |            ^^ mu belongs under federation.strategy
      """
    ),
    (
      "federation: {strategy: {kind: fedprox, momentum: 0.9}}",
      """
      task.yaml:6:40: unknown key “momentum” under federation.strategy
              6 | federation: {strategy: {kind: fedprox, momentum: 0.9}}
                |                                        ^^^^^^^^
      momentum belongs under training.optimizer
      """
    ),
    (
      "zzzzzzzzzzzz: 1",
      """
      task.yaml:6:1: unknown key “zzzzzzzzzzzz”
              6 | zzzzzzzzzzzz: 1
                | ^^^^^^^^^^^^
      known here: task, name, data, model, training, federation, protection, privacy, evaluation
      """
    ),
    (
      "protection: {secure-aggregation: true}\nprivacy: {epsilom: 4}",
      """
      task.yaml:6:14: protection.secure-aggregation is not in this version
              6 | protection: {secure-aggregation: true}
                |              ^^^^^^^^^^^^^^^^^^ remove the key
      task.yaml:7:11: unknown key “epsilom” under privacy
              7 | privacy: {epsilom: 4}
                |           ^^^^^^^ did you mean epsilon?
      """
    ),
    (
      "federation: {cohort: {poison: 0.1}}",
      """
      task.yaml:6:14: “poisson” is missing under federation.cohort
              6 | federation: {cohort: {poison: 0.1}}
                |              ^^^^^^ add poisson: a number above 0 and at most 1
      task.yaml:6:23: unknown key “poison” under federation.cohort
              6 | federation: {cohort: {poison: 0.1}}
                |                       ^^^^^^ did you mean poisson?
      """
    ),
  ])
  func `a key that does not belong where it stands`(lines: String, text: String) {
    #expect(faults(adding: lines) == text)
  }

  @Test(arguments: [
    (
      "federation: {rounds: 1, seed: 3, rounds: 2}\ntraining: {}\n'training': {}",
      """
      task.yaml:6:34: “rounds” is given twice
              6 | federation: {rounds: 1, seed: 3, rounds: 2}
                |                                  ^^^^^^ it stands at 6:14 already
      task.yaml:8:1: “training” is given twice
              8 | 'training': {}
                | ^^^^^^^^^^ it stands at 7:1 already
      """
    ),
    (
      "federation:\n  rounds: 1\n  rounds: 2\n  rounds: 3",
      """
      task.yaml:8:3: “rounds” is given twice
              8 |   rounds: 2
                |   ^^^^^^ it stands at 7:3 already
      task.yaml:9:3: “rounds” is given twice
              9 |   rounds: 3
                |   ^^^^^^ it stands at 7:3 already
      """
    ),
    (
      "\"\": 1\n'': 2",
      """
      task.yaml:6:1: a key is given twice in this map
              6 | "": 1
                | ^^
      """
    ),
  ])
  func `a key that is given twice`(lines: String, text: String) { #expect(faults(adding: lines) == text) }

  @Test(arguments: [
    (
      "federation: {rounds: 010}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not “010”",
      "a number must not begin with 0 (YAML reads octal); write 10"
    ),
    (
      "federation: {rounds: 12:30}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not “12:30”",
      "YAML counts such numbers by sixties; write a plain one"
    ),
    (
      "federation: {rounds: 0}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not “0”", ""
    ),
    (
      "federation: {rounds: 20.0}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not “20.0”", ""
    ),
    (
      "federation: {rounds: 1_000}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not “1_000”",
      "write 1000"
    ),
    (
      "federation: {rounds: '20'}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not the text “20”", "leave out the quotes"
    ),
    (
      "federation: {rounds: [20]}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not a list", ""
    ),
    (
      "federation: {rounds: 99999999999999999999}", "6:22",
      "federation.rounds must be a whole number from 1 to 1000000, not “99999999999999999999”", ""
    ),
    (
      "federation: {seed: -1}", "6:20",
      "federation.seed must be a whole number from 0 to 18446744073709551615, not “-1”", ""
    ),
    (
      "federation: {seed: 18446744073709551616}", "6:20",
      "federation.seed must be a whole number from 0 to 18446744073709551615, not “18446744073709551616”", ""
    ),
    (
      "training: {learning-rate: .nan}", "6:27",
      "training.learning-rate must be a number above 0, not “.nan”", ""
    ),
    (
      "training: {learning-rate: .inf}", "6:27",
      "training.learning-rate must be a number above 0, not “.inf”", ""
    ),
    (
      "training: {learning-rate: 1e999}", "6:27",
      "training.learning-rate must be a number above 0, not “1e999”", ""
    ),
    (
      "training: {learning-rate: .5}", "6:27", "training.learning-rate must be a number above 0, not “.5”",
      "write 0.5"
    ),
    (
      "training: {learning-rate: '0,5'}", "6:27",
      "training.learning-rate must be a number above 0, not the text “0,5”", ""
    ),
    (
      "training: {learning-rate: +1}", "6:27", "training.learning-rate must be a number above 0, not “+1”",
      "write 1"
    ),
    (
      "training: {learning-rate: 0x10}", "6:27",
      "training.learning-rate must be a number above 0, not “0x10”", ""
    ),
    (
      "training: {l2: -0.1}", "6:16", "training.l2 must be a number of at least 0, not “-0.1”", ""
    ),
    (
      "training: {optimizer: {kind: sgd, momentum: 0.999999999}}", "6:45",
      "training.optimizer.momentum must be a number of at least 0 and below 1, not “0.999999999”", ""
    ),
    (
      "training: {batch-size: 0}", "6:24",
      "training.batch-size must be a whole number from 1 to 1000000000, not “0”", ""
    ),
    (
      "training: {batch-size: fulll}", "6:24",
      "training.batch-size must be a whole number from 1 to 1000000000 or full, not “fulll”",
      "did you mean full?"
    ),
    ("training: {shuffle: yes}", "6:21", "training.shuffle must be true or false, not “yes”", "write true"),
    ("training: {shuffle: Off}", "6:21", "training.shuffle must be true or false, not “Off”", "write false"),
    (
      "training: {shuffle: 'true'}", "6:21", "training.shuffle must be true or false, not the text “true”", ""
    ),
    (
      "training: {optimizer: adm}", "6:23",
      "training.optimizer must be gd, sgd, adagrad, adam or adamw, not “adm”",
      "did you mean adam?"
    ),
    (
      "training: {optimizer: {kind: sgdd}}", "6:30",
      "training.optimizer must be gd, sgd, adagrad, adam or adamw, not “sgdd”", "did you mean sgd?"
    ),
    (
      "training: {schedule: {kind: warmup, rounds: 2, then: {kind: warmup, rounds: 1}}}", "6:61",
      "training.schedule.then must be constant, step, exponential, cosine or inverse-time, not “warmup”", ""
    ),
    (
      "training: {class-weights: [1]}", "6:27",
      "training.class-weights must be a list (2 or more), each item a number above 0, not a list", ""
    ),
    (
      "training: {class-weights: [1, x]}", "6:31",
      "training.class-weights[1] must be a number above 0, not “x”", ""
    ),
    (
      "federation: {deadline: 90}", "6:24",
      "federation.deadline must be a duration such as 30s, 10m or 2h, at most a week, not “90”",
      "write 90s for seconds"
    ),
    (
      "federation: {deadline: 169h}", "6:24",
      "federation.deadline must be a duration such as 30s, 10m or 2h, at most a week, not “169h”", ""
    ),
    (
      "federation: {cohort: 0}", "6:22",
      "federation.cohort must be a fraction above 0 and at most 1, or a whole number from 2 to 10000000, not “0”",
      ""
    ),
    (
      "federation: {cohort: 2.5}", "6:22",
      "federation.cohort must be a fraction above 0 and at most 1, or a whole number from 2 to 10000000, not “2.5”",
      ""
    ),
    (
      "federation: {initial: srver}", "6:23",
      "federation.initial must be server, participants or a map of file, not “srver”", "did you mean server?"
    ),
    (
      "federation: {participants: []}", "6:28",
      "federation.participants must be a list of names, not an empty list", ""
    ),
    (
      "evaluation: {metrics: [acuracy]}", "6:24",
      "evaluation.metrics[0] must be loss, accuracy, balanced-accuracy, auc, average-precision, f1, log-loss, "
        + "calibration-error, rmse, mae or r2, not “acuracy”", "did you mean accuracy?"
    ),
    ("name: a b", "6:7", "name must be a name of letters, digits, “.”, “_” and “-”, not “a b”", ""),
    (
      "training:", "6:1", "training has no value; it must be a map of keys", "give a value, or remove the key"
    ),
    (
      "name: ~", "6:1", "name has no value; it must be a name of letters, digits, “.”, “_” and “-”",
      "give a value, or remove the key"
    ),
    ("training: adam", "6:11", "training must be a map of keys, not “adam”", ""),
  ])
  func `a value of the wrong type or outside its range`(
    line: String, place: String, message: String, suggestion: String
  ) throws {
    let problem = try #require(problems(smallest + "\n" + line).first)
    #expect("\(problem.line ?? 0):\(problem.column ?? 0)" == place)
    #expect(problem.message == message)
    #expect(problem.suggestion ?? "" == suggestion)
    #expect(problem.code == .wrongValue)
    #expect(problem.excerpt == line)
    #expect(problems(smallest + "\n" + line).count == 1)
  }

  @Test(
    arguments: [
      (["model=linear"], "", "a linear model predicts numbers, but the task is classification"),
      (["model=cnn"], "", "“layers” is missing under model"),
      (["model={kind: cnn, layers: [relu]}"], "", "cnn learns from images, but the data are tables"),
      (["task=regression"], "5:8", "logistic predicts classes, but the task is regression"),
      (["training.loss=hinge"], "", "hinge is no loss for logistic"),
      (["training.loss={kind: huber}"], "", "huber is no loss for logistic"),
      (["model=svm", "training.loss=cross-entropy"], "", "cross-entropy is no loss for svm"),
      (["model=mlp", "training.loss=squared-error"], "", "squared-error is no loss for classification"),
      (
        ["task=regression", "model=mlp", "training.class-weights=balanced"], "",
        "a regression has no classes to weight"
      ),
      (
        ["training.local-epochs=1", "training.local-steps=1"], "",
        "local-epochs and local-steps exclude each other"
      ),
      (["training.optimizer=gd", "training.batch-size=16"], "", "gd takes each step over all rows"),
      (["federation.strategy=fedsgd", "training.batch-size=16"], "", "fedsgd takes one step over all rows"),
      (["federation.strategy=fedsgd", "training.local-epochs=2"], "", "fedsgd takes one step a round"),
      (
        ["federation.strategy=fedsgd", "training.optimizer=adam"], "",
        "fedsgd sends plain gradients; it has no optimizer"
      ),
      (
        ["federation.strategy=scaffold", "training.optimizer.momentum=0.9", "training.optimizer.kind=sgd"],
        "",
        "scaffold corrects plain gradient steps"
      ),
      (
        ["training.optimizer={kind: sgd, nesterov: true}"], "",
        "nesterov looks ahead along the momentum, which is 0"
      ),
      (["training.schedule={kind: warmup, rounds: 20}"], "", "warmup takes 20 of 20 rounds"),
      (["federation.cohort=3"], "", "a cohort of 3, but there are 2 participants"),
      (
        ["federation.participants=[a]", "federation.cohort=2"], "",
        "a cohort of 2, but there are 1 participant"
      ),
      (["federation.cohort=0.5", "federation.quorum=2"], "", "a quorum of 2, but 1 are asked in a round"),
      (["federation.mode={kind: buffered, size: 3}"], "", "a buffer of 3, but there are 2 participants"),
      (
        ["federation.participants=[a, c]"], "",
        "federation.participants names “c”, who is not among data.participants"
      ),
      (["federation.participants=[a, a]"], "", "federation.participants[1] repeats [0], “a”"),
      (["evaluation.metrics=[auc, rmse]"], "", "rmse is no figure of classification"),
      (["evaluation.metrics=[auc, auc]"], "", "evaluation.metrics[1] repeats [0], “auc”"),
      (
        ["model=svm", "evaluation.metrics=[log-loss]"], "",
        "log-loss needs probabilities, which a model trained with a hinge loss does not give"
      ),
      (
        ["evaluation.stopping={metric: f1}"], "", "stopping watches f1, which is not among evaluation.metrics"
      ),
      (
        ["data.test=0", "evaluation.keep=best"], "",
        "nothing is held out (data.test is 0), so there is nothing to tell a better model by"
      ),
      (
        ["protection.fraction-bits=30"], "",
        "sums could overflow: one contribution could reach "
      ),
      (
        ["data.participants=[x/a.csv, y/a.csv]"], "",
        "data.participants[0] and [1] are both named “a” after their files"
      ),
      (["data.participants=['+.csv', b.csv]"], "", "“+” cannot be the name of a participant"),
      (["data.participants={}"], "", "data.participants must be a map of a name of letters"),
      (["training.class-weights=[1, 2, 3]"], "", "there are two classes, and class-weights has 3 numbers"),
      (
        ["data.participants={a: {file: c.csv, images: x}}"], "",
        "data.participants.a must have either file, or images and labels"
      ),
      (["data.file=x.csv"], "", "data names two sources, participants and file"),
      (["data.participants="], "2:1", "data names no source: participants, file, or images and labels"),
      (
        ["data.participants=", "data.file=x.csv"], "2:1",
        "“partition” is missing under data: one source must be split among participants"
      ),
      (["data.participants=", "data.images=x"], "2:1", "“labels” is missing under data: images are named"),
      (["data.partition=iid"], "", "data.partition splits file, or images; participants have their own data"),
      (["data.label="], "2:1", "“label” is missing under data: a table needs a column to predict"),
      (["data.features=[x, malignant]"], "", "“malignant” is the label and stands in data.features too"),
      (["data.features=[x, x]"], "", "data.features[1] repeats [0], “x”"),
      (["data.features=[x]", "data.exclude=[x]"], "", "“x” is to be learnt from and excluded"),
      (
        ["data.features=[{name: x, minimum: 2, maximum: 1}]"], "",
        "the minimum of x, 2, is not below its maximum, 1"
      ),
      (
        ["data.columns=[age, malignant]", "data.features=[agee]"], "",
        "data.features names “agee”, which is not among data.columns"
      ),
      (["data.group=malignant"], "", "data.group is the label"),
      (["data.decimal=comma"], "", "cells and fractions cannot both be parted by a comma"),
      (["data.test={file: a, images: b}"], "", "data.test must have either file, or images and labels"),
      (["data.test={images: a, labels: b}"], "", "data.test names images, but the data are tables"),
      (
        ["data.label={column: y, positive: '> many'}"], "",
        "data.label.positive must be a comparison such as '> 0' or '= yes', or a value, not the text “> many”"
      ),
      (
        ["task=regression", "model=linear", "data.label={column: y, positive: '> 1'}"], "",
        "data.label.positive makes two classes, but the task is regression"
      ),
      (
        ["data.participants=", "data.images=x", "data.labels=y", "data.partition=iid"], "4:10",
        "data.label is for tables; images have no columns"
      ),
      (
        ["task=regression", "model=linear", "data.participants=", "data.file=x", "data.partition=dirichlet"],
        "",
        "this partition shares out classes, and a regression has none"
      ),
    ] as [([String], String, String)])
  func `keys that contradict each other`(overrides: [String], place: String, message: String) {
    do {
      _ = try FederatedTask(yaml: smallest, overrides: overrides)
      Issue.record("\(overrides) should be refused")
    } catch {
      let found = error.problems.first { $0.message.hasPrefix(message) }
      #expect(found != nil, "\(error)")
      if !place.isEmpty { #expect("\(found?.line ?? 0):\(found?.column ?? 0)" == place, "\(error)") }
      if place.isEmpty { #expect(found?.flag != nil, "\(error)") }
    }
  }

  @Test(arguments: [
    (
      "",
      """
      task.yaml:1:1: the file is empty; a task has task, data and model
              1 | 
                | ^
      """
    ),
    (
      "- a",
      """
      task.yaml:1:1: the task must be a map of keys, not a list
              1 | - a
                | ^
      """
    ),
    (
      "model: cnn",
      """
      task.yaml:1:1: “task” is missing
              1 | model: cnn
                | ^ add task: classification or regression
      task.yaml:1:1: “data” is missing
              1 | model: cnn
                | ^ add data: a map of keys
      task.yaml:1:8: “layers” is missing under model
              1 | model: cnn
                |        ^^^
      add layers: a list, each item convolution, max-pooling, dense, relu, ta…
      """
    ),
    (
      "task: clustering\ndata: {participants: [a.csv]}\nmodel: {knd: mlp}",
      """
      task.yaml:1:7: task must be classification or regression, not “clustering”
              1 | task: clustering
                |       ^^^^^^^^^^
      task.yaml:3:8: “kind” is missing under model
              3 | model: {knd: mlp}
                |        ^ add kind: linear, logistic, softmax, svm, mlp or cnn
      """
    ),
  ])
  func `a file that is no task`(yaml: String, text: String) { #expect(faults(yaml) == text) }

  @Test func `variables that cannot be filled in are named`() {
    #expect(
      faults(adding: "name: ${NAME}") == """
        task.yaml:6:7: the environment variable NAME is not set
                6 | name: ${NAME}
                  |       ^^^^^^^
        """)
    #expect(
      faults(smallest + "\nname: ${X}", environment: ["X": "a\u{FEFF}"])
        .contains("the environment variable X holds an invisible character"))
    #expect(problems(smallest + "\nname: ${NAME").first?.message == "“${” without “}”")
    #expect(
      problems(smallest + "\nname: ${9}").first?.message == "“9” is no name of an environment variable")
    #expect(
      faults(smallest + "\nname: ${LONG}", environment: ["LONG": String(repeating: "x", count: 5000)])
        .contains("a text has at most 4096 bytes"))
  }

  @Test func `up to twenty faults are told at once, in the order of the file`() throws {
    let many = "task: classification\n" + (0..<30).map { "key\($0): 1\n" }.joined()
    do {
      _ = try FederatedTask(yaml: many)
      Issue.record("should be refused")
    } catch {
      #expect(error.problems.count == 20)
      #expect(error.omitted == 12)
      #expect(error.problems.compactMap(\.line) == [1, 1] + Array(2...19))
      #expect(error.description.hasSuffix("and 12 more faults"))
    }
  }

  @Test func `a long line is shown in part, with the mark in its place`() {
    let line =
      "training: {loss: cross-entropy, learning-rate: 0.05, batch-size: 16, local-epochs: 1, shuffle: maybe}"
    #expect(
      faults(adding: line) == """
        task.yaml:6:96: training.shuffle must be true or false, not “maybe”
                6 | …ss: cross-entropy, learning-rate: 0.05, batch-size: 16, local-epochs: 1, shuffle: maybe}
                  |                                                                                    ^^^^^
        """)
  }

  @Test func `letters of other scripts do not shift the mark`() {
    #expect(
      faults(adding: "data2: {żółw: 1}\ntraining: {é: 1}").contains(
        """
        task.yaml:7:12: unknown key “é” under training
                7 | training: {é: 1}
                  |            ^
        """))
  }
}

struct AliasTests {
  /// What other programs call a key, where it was written, and what we call it.
  @Test(arguments: [
    ("training: {lr: 0.1}", "did you mean learning-rate?"),
    ("training: {batch_size: 8}", "did you mean batch-size?"),
    ("training: {batch: 8}", "did you mean batch-size?"),
    ("training: {epochs: 2}", "did you mean local-epochs?"),
    ("training: {rounds: 2}", "rounds belongs under federation or training.schedule"),
    ("federation: {clients: [a]}", "did you mean participants?"),
    ("federation: {epochs: 2}", "did you mean local-epochs, under training?"),
    ("evaluation: {early_stopping: 3}", "did you mean stopping?"),
    ("learning_rate: 3", "did you mean learning-rate, under training?"),
  ])
  func `a key of another program is told with ours`(line: String, suggestion: String) {
    #expect(problems(smallest + "\n" + line).first?.suggestion == suggestion)
  }

  @Test func `a sign is in quotes, and is near to no other`() {
    let problem = problems(smallest + "\n", overrides: ["data.delimiter=x"]).first
    #expect(problem?.message == "data.delimiter must be “,”, “;”, “|”, tab or blank, not “x”")
    #expect(problem?.suggestion == nil)
  }

  @Test func `every suggestion begins with a verb`() {
    for overrides in [
      ["model=linear"], ["training.loss=hinge"], ["model=svm", "training.loss=cross-entropy"],
      ["federation.strategy=fedsgd", "training.optimizer=adam"], ["data.decimal=comma"], ["data.label="],
    ] {
      let suggestion = problems(smallest, overrides: overrides).first?.suggestion ?? ""
      let verb = suggestion.split(separator: " ").first.map(String.init) ?? ""
      #expect(["take", "add", "write", "remove", "lower", "keep", "give"].contains(verb), "\(suggestion)")
    }
  }
}

struct NearestTests {
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("ca", "abc", 3),
    ("rounds", "round", 1),
  ])
  func `the distance of two words is known`(left: String, right: String, distance: Int) {
    #expect(editDistance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == distance)
    #expect(editDistance(Array(right.unicodeScalars), Array(left.unicodeScalars)) == distance)
  }

  @Test func `the nearest word is the first of those equally near, and none is far`() {
    #expect(nearest(to: "lst", among: ["last", "list"]) == "last")
    #expect(nearest(to: "LAST", among: ["last", "list"]) == "last")
    #expect(nearest(to: "x", among: ["mu", "tau"]) == nil)
    #expect(nearest(to: "epsilon", among: ["rounds"]) == nil)
  }
}
