// What fits into one upload (contract/upload.ts).
#pragma once

#include <cstddef>
#include <string>

#include "core/journal.h"

namespace systemlog::bridge {

/// `MAX_BATCH_EVENTS`.
inline constexpr std::size_t most_batch_events = 500;
/// `MAX_BATCH_BYTES` without room for the frame around the events: brackets and an anchor.
inline constexpr std::size_t most_batch_bytes = std::size_t{4} * 1024 * 1024 - std::size_t{16} * 1024;

/// A record as an item of an upload.
std::string write_sealed_event(const SealedRecord& record);

}  // namespace systemlog::bridge
