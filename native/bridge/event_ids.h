// Numbers of what is reported to the event log. They are stable: whoever watches PCs goes by them (docs/events.md).
// Each has its text in windows/messages.mc.
#pragma once

#include <array>
#include <cstdint>

namespace systemlog::bridge::event_ids {

inline constexpr std::uint32_t started = 1;
inline constexpr std::uint32_t stopped = 2;
inline constexpr std::uint32_t journal_set_aside = 10;
inline constexpr std::uint32_t disk_full = 11;
inline constexpr std::uint32_t disk_has_room = 12;
inline constexpr std::uint32_t event_lost = 13;
inline constexpr std::uint32_t journal_unavailable = 14;
inline constexpr std::uint32_t file_not_written = 15;
inline constexpr std::uint32_t pipe_not_open = 16;
inline constexpr std::uint32_t pipe_open_at_last = 17;
inline constexpr std::uint32_t desk_unavailable = 20;
inline constexpr std::uint32_t crash_breaker_tripped = 21;
inline constexpr std::uint32_t mirror_not_written = 22;
inline constexpr std::uint32_t failures_not_recorded = 23;
inline constexpr std::uint32_t rehearsal_not_started = 30;
inline constexpr std::uint32_t rehearsal_ended = 31;

inline constexpr std::array all{started,
                                stopped,
                                journal_set_aside,
                                disk_full,
                                disk_has_room,
                                event_lost,
                                journal_unavailable,
                                file_not_written,
                                pipe_not_open,
                                pipe_open_at_last,
                                desk_unavailable,
                                crash_breaker_tripped,
                                mirror_not_written,
                                failures_not_recorded,
                                rehearsal_not_started,
                                rehearsal_ended};

}  // namespace systemlog::bridge::event_ids
