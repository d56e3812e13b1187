import BitTorrentTypes
import Testing

@Suite struct `A schedule of speeds` {
    private func schedule(_ from: String, _ to: String, _ days: String) throws -> SpeedSchedule {
        var schedule = SpeedSchedule()
        schedule.from = try #require(SpeedSchedule.minutes(from))
        schedule.to = try #require(SpeedSchedule.minutes(to))
        schedule.days = try #require(SpeedSchedule.days(days))
        return schedule
    }

    @Test func `by day`() throws {
        let schedule = try schedule("09:00", "17:30", "mon-fri")
        #expect(schedule.isActive(weekday: 1, minute: 9 * 60))
        #expect(schedule.isActive(weekday: 5, minute: 17 * 60 + 29))
        #expect(!schedule.isActive(weekday: 5, minute: 17 * 60 + 30))
        #expect(!schedule.isActive(weekday: 6, minute: 12 * 60))
    }

    @Test func `over midnight, where a night belongs to its evening`() throws {
        let schedule = try schedule("22:00", "6:00", "sat")
        #expect(schedule.isActive(weekday: 6, minute: 23 * 60))
        #expect(schedule.isActive(weekday: 0, minute: 5 * 60 + 59))
        #expect(!schedule.isActive(weekday: 6, minute: 60))
        #expect(!schedule.isActive(weekday: 0, minute: 6 * 60))
    }

    @Test func `never, when it ends as it begins`() throws {
        let schedule = try schedule("08:00", "08:00", "daily")
        #expect((0..<1440).allSatisfy { !schedule.isActive(weekday: 3, minute: $0) })
    }

    @Test(arguments: ["", "24:00", "12:60", "12", "1:2:3", "-1:00", "aa:bb", "+1:00"])
    func `what is no time is refused`(text: String) {
        #expect(SpeedSchedule.minutes(text) == nil)
    }

    @Test func `days are named alone and in spans, also over the week's end`() {
        #expect(SpeedSchedule.days("fri-mon") == [5, 6, 0, 1])
        #expect(SpeedSchedule.days("wed") == [3])
        #expect(SpeedSchedule.days("sat,sun") == [6, 0])
        for text in ["", "mon,", "mon-", "monday", "mon-tue-wed"] { #expect(SpeedSchedule.days(text) == nil) }
        for days in [Set(0..<7), [1, 3], [0, 6]] {
            #expect(SpeedSchedule.days(SpeedSchedule.text(days: days)) == days)
        }
    }
}
