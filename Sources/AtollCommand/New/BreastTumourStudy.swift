import AtollScenarios

extension Scaffold {
  /// The study that `atoll new` makes: breast tumours at four hospitals.
  static var breastTumours: Scaffold {
    let sites = zip(BreastTumours.hospitals, BreastTumours.sites()).map { hospital, site in
      File(
        path: "sites/\(site.name).csv", text: site.csv,
        meaning: "\(hospital.patients) patients, \(hospital.malignant) of them malignant")
    }
    return Scaffold(
      files: [
        File(path: "task.yaml", text: task, meaning: "what is learnt, from whom and how: edit this one"),
        File(
          path: "policy.yaml", text: policy,
          meaning: "what one of the hospitals allows, for a run over a network"),
        File(path: "README.md", text: readme, meaning: "what is here, and how to go on"),
      ] + sites)
  }

  private static let task = """
    # What is learnt, from whom and how. Every key with its default:  atoll task schema
    # After an edit:  atoll task check task.yaml

    task: classification              # or regression
    name: breast-tumours              # names the folder of a run

    data:
      participants:                   # who takes part, and where their data lie (from this file's folder)
        ashford: sites/ashford.csv
        birk: sites/birk.csv
        corvo: sites/corvo.csv
        dalen: sites/dalen.csv
      label: malignant                # the column to be predicted: 1 is malignant, 0 benign
      # features: [radius, texture]   # without it: every numeric or categorical column but the label
      preprocess:                     # fitted over all sites together, from sums; no site shows its values
        missing: mean
        scale: standard
      test: 0.4                       # the share of each site's rows that is held out, to judge the model by

    model: logistic                   # or {kind: mlp, hidden: [16]}

    training:                         # what each site does in a round, on its own rows
      optimizer: sgd
      learning-rate: 0.1
      batch-size: 16
      local-epochs: 1
      l2: 0.01                        # keeps weights small; with few rows it matters

    federation:
      strategy: fedavg                # or {kind: fedprox, mu: 0.1}, scaffold, fedadam, …
      rounds: 20
      seed: 7                         # the same seed gives the same model, to the byte

    evaluation:
      metrics: [accuracy, auc, loss]
      baselines: [local, pooled]      # each site alone; all rows in one place. In simulation only

    """

  private static let policy = """
    # What this participant allows. It is enforced here, on every instruction, before any data are read; no task can
    # lower it. What is not named is denied; “any” allows whatever is asked for.
    # Every key:  atoll policy schema
    # After an edit:  atoll policy check policy.yaml --task task.yaml

    version: 1

    operators: any                    # whose tasks: the names of those who sign them, such as [north-coordinator]
    tasks: [classification]           # kinds of task
    questions: [columns, statistics, train, evaluate]   # also initial-model, and kinds of one's own

    models:
      kinds: [logistic, mlp]
      most-parameters: 10000          # numbers in a model

    columns:                          # by the task's names of them
      features: any                   # every column that looks like no identifier; or a list, such as [radius, texture]
      labels: [malignant]
      groups: []                      # that may say which rows belong together

    preprocessing:                    # what may be computed from rows, in sums over all participants
      missing: [mean, median]
      scale: [standard]
      categories: [one-hot]           # the values that a column of categories takes are then told

    per-site:                         # what may be told under this participant's own name
      columns: true                   # names and types of its columns
      evaluation: true                # how good a model is on its own rows
      details: true                   # counts of its own classes and errors
      replies: false                  # answers to any other question

    limits:                           # of one run, and of all runs together
      rounds: 100
      exchanges: 300
      bytes: 20 MB
      rounds-in-all: 1000
      exchanges-in-all: 3000
      bytes-in-all: 200 MB

    least-participants: 2             # no sum is of fewer
    external-trainer: false           # whether a program of one's own may train (--trainer)

    # Without the section privacy nothing is demanded of it, as here: the task promises none. With it, what it does not
    # name is denied; this would take on tasks that promise each row at most so much:
    # privacy:
    #   without: false                # whether a task may promise nothing
    #   units: [record]               # each row, hidden from the server too; participant: from those who see the models
    #   most-epsilon: 2               # of one run, with all rounds that it will have
    #   most-epsilon-in-all: 8        # of all that is ever given away of the same data, kept in state/ledger.jsonl
    #   delta: 1.0e-5                 # at which both are meant; well below 1 by the number of rows
    #   least-noise: 0.7              # smallest noise multiplier
    #   exact: [evaluation, preprocessing]   # what may be told without noise, outside of the promise

    """

  private static let readme = """
    # A federated study

    `task.yaml` says what is learnt, from whom and how. `sites/` has one table for each participant. Nothing here leaves
    this machine: `atoll run` simulates the participants. `policy.yaml` is what one of them might allow once the data lie
    elsewhere; `atoll policy check policy.yaml --task task.yaml` says what it would do with the task.

    ```
    atoll task show task.yaml          what would leave a participant, who sees it, what is not protected
    atoll run task.yaml                learn; ends with each site alone / federated / pooled
    atoll run task.yaml --seeds 5      the same five times, with mean and deviation
    atoll predict runs/NAME-1 FILE     use the model on a table
    ```

    ## With your own data

    1. `atoll data check FILE --label NAME` says what is in a table, and which columns look like identifiers.
    2. Put one table for each participant into `sites/`, with the same column names.
    3. Name them, and the label, in `task.yaml`; then `atoll task check task.yaml`.

    ## The sample data

    Wisconsin Diagnostic Breast Cancer: W. Wolberg, O. Mangasarian, N. Street and W. Street (1993), UCI Machine Learning
    Repository, doi:10.24432/C5DW2B, CC BY 4.0. 569 patients, 30 measurements of cell nuclei each; `malignant` is 1 for a
    malignant tumour. Which patient went to which hospital is made up.

    """
}
