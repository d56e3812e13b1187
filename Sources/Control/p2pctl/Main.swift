import ControlCommands

/// `p2pctl`: reads the arguments, carries out one command, and says with its exit status how that went.
///
/// May touch: the control socket of one home, and the files that the arguments name. How it fails: with one line on
/// stderr; the command was then carried out once or not at all.
@main
enum Main {
    static func main() async {
        await Program.runAndExit()
    }
}
