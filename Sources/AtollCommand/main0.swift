import ArgumentParser
import AtollFederation
@main struct A: ParsableCommand { func run() throws { print(1) } }
