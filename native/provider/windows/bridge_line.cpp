#include "provider/windows/bridge_line.h"

// clang-format off
#include <windows.h>
#include <process.h>
// clang-format on

#include <deque>
#include <optional>

#include "provider/auth_client.h"
#include "provider/seams.h"
#include "provider/tile_machine.h"
#include "provider/windows/com_object.h"

namespace systemlog::provider {
namespace {

using std::chrono::milliseconds;

/// How long a bridge may take to note our presence before it is asked for something that matters more.
constexpr milliseconds presence_limit{250};

class Lock {
 public:
  explicit Lock(SRWLOCK& lock) noexcept : lock_(lock) { AcquireSRWLockExclusive(&lock_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  Lock(Lock&&) = delete;
  Lock& operator=(Lock&&) = delete;
  ~Lock() { ReleaseSRWLockExclusive(&lock_); }

 private:
  SRWLOCK& lock_;
};

class Job final : public Pending {
 public:
  Job(auth::Request request, bool locally) : request_(std::move(request)), locally_(locally) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  Job(Job&&) = delete;
  Job& operator=(Job&&) = delete;
  ~Job() override { wipe_codes(request_); }

  bool wait(milliseconds limit) noexcept override {
    const Lock lock(lock_);
    const ULONGLONG deadline = GetTickCount64() + static_cast<ULONGLONG>(limit.count());
    while (!done_) {
      const ULONGLONG now = GetTickCount64();
      if (now >= deadline) return false;
      SleepConditionVariableSRW(&changed_, &lock_, static_cast<DWORD>(deadline - now), 0);
    }
    return true;
  }

  Result<auth::Response> take() noexcept override {
    const Lock lock(lock_);
    if (!answer_) return Error{ErrorCode::timed_out, "bridge"};
    return *std::exchange(answer_, std::nullopt);
  }

  void drop() noexcept override {
    const Lock lock(lock_);
    // What LSA said the bridge shall hear even when nobody waits for its nod.
    dropped_ = !std::holds_alternative<auth::PasswordResult>(request_);
  }

  bool is_dropped() noexcept {
    const Lock lock(lock_);
    return dropped_;
  }
  const auth::Request& request() const noexcept { return request_; }
  bool is_local() const noexcept { return locally_; }

  void finish(Result<auth::Response> answer) noexcept {
    const Lock lock(lock_);
    answer_ = std::move(answer);
    done_ = true;
    WakeAllConditionVariable(&changed_);
  }

 private:
  auth::Request request_;
  const bool locally_;
  SRWLOCK lock_ = SRWLOCK_INIT;
  CONDITION_VARIABLE changed_ = CONDITION_VARIABLE_INIT;
  std::optional<Result<auth::Response>> answer_;
  bool done_ = false;
  bool dropped_ = false;
};

/// What the worker and its owner share; whoever leaves last takes it along.
class Work {
 public:
  void put(std::shared_ptr<Job> job) {
    const Lock lock(lock_);
    jobs_.push_back(std::move(job));
    WakeConditionVariable(&changed_);
  }
  void stop() noexcept {
    const Lock lock(lock_);
    stopped_ = true;
    WakeConditionVariable(&changed_);
  }
  /// The next job; none when there will be no more. What is queued when it stops is still done.
  std::shared_ptr<Job> next() {
    const Lock lock(lock_);
    while (jobs_.empty() && !stopped_) SleepConditionVariableSRW(&changed_, &lock_, INFINITE, 0);
    if (jobs_.empty()) return nullptr;
    std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
  CONDITION_VARIABLE changed_ = CONDITION_VARIABLE_INIT;
  std::deque<std::shared_ptr<Job>> jobs_;
  bool stopped_ = false;
};

class Worker {
 public:
  explicit Worker(std::shared_ptr<Work> work) : work_(std::move(work)) {}

  void run() {
    note_presence();
    while (const std::shared_ptr<Job> job = work_->next()) {
      if (job->is_dropped()) continue;
      Result<auth::Response> answer = job->is_local() ? look_up(job->request()) : put_to_bridge(job->request());
      const bool bridge_is_there = !job->is_local() && answer.ok();
      job->finish(std::move(answer));
      if (bridge_is_there && !presence_) note_presence();
    }
  }

 private:
  static Result<auth::Response> put_to_bridge(const auth::Request& request) {
    const milliseconds limit = seams::pace().call;
    Result<std::unique_ptr<PipeConnection>> connection = seams::connect_to_bridge(limit);
    if (!connection) return connection.error();
    return AuthClient(std::move(connection).value()).ask(request, limit);
  }

  static Result<auth::Response> look_up(const auth::Request& request) {
    const auto* asked = std::get_if<auth::AccountQuestion>(&request);
    if (asked == nullptr) return Error{ErrorCode::invalid_argument, "local lookup"};
    const Result<SystemAccount> found = seams::account_lookup()->by_name(asked->name);
    if (!found) return found.error();
    return auth::Response(auth::AccountAnswer{found.value().sid, found.value().domain, found.value().name});
  }

  void note_presence() {
    Result<std::unique_ptr<PipeConnection>> connection = seams::connect_to_bridge(presence_limit);
    if (!connection) return;
    auto client = std::make_unique<AuthClient>(std::move(connection).value());
    const Result<auth::Response> noted = client->ask(auth::Presence{}, presence_limit);
    if (noted && std::holds_alternative<auth::PresenceNoted>(noted.value())) presence_ = std::move(client);
  }

  std::shared_ptr<Work> work_;
  std::unique_ptr<AuthClient> presence_;
};

struct WorkerStart {
  std::shared_ptr<Work> work;
  HMODULE module;
};

void work_until_stopped(WorkerStart& start) noexcept {
  guarded([&start] {
    Worker(std::move(start.work)).run();
    return S_OK;
  });
}

unsigned __stdcall run_worker(void* argument) noexcept {
  HMODULE module = nullptr;
  {
    const std::unique_ptr<WorkerStart> start(static_cast<WorkerStart*>(argument));
    module = start->module;
    work_until_stopped(*start);
  }
  --live_count();
  // From here on no code of ours may run in this thread: the DLL may go with the reference.
  FreeLibraryAndExitThread(module, 0);
}

HMODULE referenced_module() noexcept {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, reinterpret_cast<LPCWSTR>(&run_worker), &module);
  return module;
}

class WorkerLine final : public BridgeLine {
 public:
  WorkerLine() : work_(std::make_shared<Work>()) {
    auto start = std::make_unique<WorkerStart>(WorkerStart{work_, referenced_module()});
    if (start->module == nullptr) return;
    ++live_count();
    const auto thread = reinterpret_cast<HANDLE>(_beginthreadex(nullptr, 0, &run_worker, start.get(), 0, nullptr));
    if (thread == nullptr) {
      --live_count();
      FreeLibrary(start->module);
      return;
    }
    static_cast<void>(start.release());
    CloseHandle(thread);
  }
  ~WorkerLine() override { work_->stop(); }
  WorkerLine(const WorkerLine&) = delete;
  WorkerLine& operator=(const WorkerLine&) = delete;
  WorkerLine(WorkerLine&&) = delete;
  WorkerLine& operator=(WorkerLine&&) = delete;

  std::shared_ptr<Pending> begin(auth::Request request) override { return put(std::move(request), false); }
  std::shared_ptr<Pending> begin_local_lookup(std::string name) override {
    return put(auth::AccountQuestion{std::move(name)}, true);
  }

 private:
  std::shared_ptr<Pending> put(auth::Request request, bool locally) {
    auto job = std::make_shared<Job>(std::move(request), locally);
    work_->put(job);
    return job;
  }

  std::shared_ptr<Work> work_;
};

constinit SRWLOCK shared_lock = SRWLOCK_INIT;

constinit std::weak_ptr<BridgeLine> shared_line;

}  // namespace

Result<auth::Response> BridgeLine::ask(auth::Request request, milliseconds limit) {
  const std::shared_ptr<Pending> pending = begin(std::move(request));
  if (!pending->wait(limit)) pending->drop();
  return pending->take();
}

std::shared_ptr<BridgeLine> BridgeLine::shared() {
  const Lock lock(shared_lock);
  std::shared_ptr<BridgeLine> line = shared_line.lock();
  if (line) return line;
  line = std::make_shared<WorkerLine>();
  shared_line = line;
  return line;
}

}  // namespace systemlog::provider
