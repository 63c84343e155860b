#include "platform/file_event_sink.h"

#include <fstream>
#include <mutex>

namespace systemlog {
namespace {

constexpr std::size_t longest_line = 4096;

class FileEventSink final : public EventSink {
 public:
  explicit FileEventSink(std::ofstream file) noexcept : file_(std::move(file)) {}

  void report(Severity severity, std::uint32_t event_id, std::string_view text) noexcept override {
    const char* word = severity == Severity::error     ? "error"
                       : severity == Severity::warning ? "warning"
                                                       : "information";
    const std::lock_guard<std::mutex> one_at_a_time(mutex_);
    file_ << word << ' ' << event_id << ' ' << event_line(text) << std::endl;
  }

 private:
  std::mutex mutex_;
  std::ofstream file_;
};

}  // namespace

std::string event_line(std::string_view text) {
  std::string line(text.substr(0, longest_line));
  for (char& character : line) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7F) character = ' ';
  }
  return line;
}

Result<std::unique_ptr<EventSink>> file_event_sink(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  if (!file) return Error{ErrorCode::io_failed, "event file"};
  return std::unique_ptr<EventSink>(std::make_unique<FileEventSink>(std::move(file)));
}

}  // namespace systemlog
