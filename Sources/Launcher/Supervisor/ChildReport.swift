import BusServices
import BusTransport

extension ChildMachine {
    /// What `ps` shows; `usage` is the kernel's answer, if the process runs.
    func report(_ name: ProcessName, at now: Duration, usage: ProcessUsage?) -> ProcessReport {
        var report = ProcessReport(name: name, state: state)
        report.pid = pid ?? 0
        report.epoch = epoch
        report.restarts = max(0, Int(clamping: epoch) - 1)
        report.lastExit = lastExit
        report.load = load
        report.endpoints = endpoints
        report.cpuSeconds = usage?.cpuSeconds ?? 0
        report.residentBytes = usage?.residentBytes ?? 0
        if pid != nil { report.uptimeSeconds = (now - startedAt) / .seconds(1) }
        return report
    }

    private var state: ProcessState {
        switch phase {
        case .down, .stopping: .stopping
        case .starting: .starting
        case .ready: .ready
        case .waiting: .waiting
        case .failed: .failed
        }
    }

    var isDown: Bool { phase == .down }

    var isReady: Bool {
        if case .ready = phase { true } else { false }
    }

    /// Nothing changes any more unless somebody asks for it.
    var isSettled: Bool {
        switch phase {
        case .down, .ready, .failed: true
        case .starting, .stopping, .waiting: false
        }
    }
}
