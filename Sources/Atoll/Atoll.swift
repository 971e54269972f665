// Everything for those who learn from data: one import instead of seven.
@_exported public import AtollExternal
@_exported public import AtollFederation
@_exported public import AtollLearning
@_exported public import AtollNumerics
@_exported public import AtollScenarios
@_exported public import AtollSimulation
@_exported public import AtollStore
@_exported public import AtollTraining
