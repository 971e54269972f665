/// What other programs and papers call the keys of a task.
enum Aliases {
  /// Our names for a key of another program, the likeliest first; empty where none is known.
  static func keys(for key: String) -> [String] {
    let plain = key.lowercased().replacing("_", with: "-")
    let own = table[plain.replacing("-", with: "")] ?? []
    // `batch_size` is ours with another sign.
    return plain == key ? own : [plain] + own
  }

  /// Without signs between words.
  private static let table: [String: [String]] = [
    "lr": ["learning-rate"], "eta": ["learning-rate"], "stepsize": ["learning-rate"],
    "learningrate": ["learning-rate"],
    "epochs": ["local-epochs"], "localepoch": ["local-epochs"], "nepochs": ["local-epochs"],
    "steps": ["local-steps"], "iterations": ["local-steps", "rounds"], "localupdates": ["local-steps"],
    "batch": ["batch-size"], "batchsize": ["batch-size"], "bs": ["batch-size"], "minibatch": ["batch-size"],
    "optim": ["optimizer"], "optimiser": ["optimizer"], "solver": ["optimizer"],
    "criterion": ["loss"], "objective": ["loss"], "lossfunction": ["loss"],
    "weightdecay": ["l2"], "ridge": ["l2"], "lasso": ["l1"], "regularization": ["l2"],
    "lrschedule": ["schedule"], "scheduler": ["schedule"], "classweight": ["class-weights"],
    "clients": ["participants"], "numclients": ["participants"], "nclients": ["participants"],
    "sites": ["participants"], "hospitals": ["participants"], "parties": ["participants"],
    "numrounds": ["rounds"], "nrounds": ["rounds"], "communicationrounds": ["rounds"], "maxiter": ["rounds"],
    "fractionfit": ["cohort"], "clientfraction": ["cohort"], "samplerate": ["cohort"],
    "clientsperround": ["cohort"], "participation": ["cohort"],
    "minfitclients": ["quorum"], "minclients": ["quorum"], "timeout": ["deadline"],
    "algorithm": ["strategy"], "aggregator": ["strategy"], "aggregation": ["strategy"],
    "method": ["strategy"],
    "randomstate": ["seed"], "randomseed": ["seed"], "rng": ["seed"],
    "target": ["label"], "y": ["label"], "response": ["label"], "outcome": ["label"], "dependent": ["label"],
    "inputs": ["features"], "x": ["features"], "covariates": ["features"], "predictors": ["features"],
    "drop": ["exclude"], "ignore": ["exclude"], "skip": ["exclude"],
    "csv": ["file"], "path": ["file"], "filename": ["file"], "source": ["file"],
    "sep": ["delimiter"], "separator": ["delimiter"], "navalues": ["missing-values"],
    "nullvalues": ["missing-values"], "header": ["columns"], "names": ["columns"],
    "preprocessing": ["preprocess"], "transforms": ["preprocess"], "normalize": ["scale"],
    "normalization": ["scale"], "scaling": ["scale"], "scaler": ["scale"], "standardize": ["scale"],
    "impute": ["missing"], "imputation": ["missing"], "encoding": ["categories"], "onehot": ["categories"],
    "testsize": ["test"], "holdout": ["test"], "validation": ["test"], "split": ["test", "partition"],
    "partitioner": ["partition"], "groups": ["group"], "subject": ["group"],
    "network": ["model"], "architecture": ["model"], "type": ["kind", "task"],
    "hiddenlayers": ["hidden"], "hiddensizes": ["hidden"], "hiddenlayersizes": ["hidden"],
    "activationfunction": ["activation"], "filters": ["channels"], "kernelsize": ["kernel"],
    "poolsize": ["window"], "strides": ["stride"],
    "clipnorm": ["clip"], "maxgradnorm": ["clip"], "clipping": ["clip"], "clippingnorm": ["clip"],
    "dp": ["privacy"], "differentialprivacy": ["privacy"], "secagg": ["secure-aggregation"],
    "metric": ["metrics"], "earlystopping": ["stopping"], "mindelta": ["minimum-gain"],
    "savebest": ["keep"], "initmodel": ["initial"], "pretrained": ["initial"],
  ]
}
