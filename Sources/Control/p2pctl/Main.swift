/// The command line of the suite.
///
/// Does: reads the arguments, carries out one command, and says with its exit status how that went.
/// Touches: the control socket of one home, and the files that the arguments name.
/// Fails: with one line on stderr; the command was then carried out once or not at all.

import ControlCommands

@main
enum Main {
    static func main() async {
        await Program.runAndExit()
    }
}
