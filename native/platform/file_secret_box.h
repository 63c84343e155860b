#pragma once

#include <filesystem>
#include <memory>

#include "platform/files.h"
#include "platform/random.h"
#include "platform/secret_box.h"

namespace systemlog {

/// A secret box whose key lies in a file beside it: for tests and the virtual PC. Guards against nobody who can read
/// the file.
Result<std::unique_ptr<SecretBox>> file_secret_box(Files& files, Random& random, const std::filesystem::path& path);

}  // namespace systemlog
