#include "bridge/uplink/policy_sync.h"

#include <doctest/doctest.h>

#include "test/fakes/policy_holder.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;
using namespace std::chrono_literals;

namespace {

using Kind = PolicyTask::Kind;

ServerProblem unreachable() {
  return transport_problem({ErrorCode::io_failed, "x"});
}
ServerProblem said(const std::string& code) {
  return {code, "", std::nullopt, std::nullopt, false};
}

struct PolicyDesk : Bench {
  FakePolicyHolder desk;
  PolicyDelays delays;
  Moment now{1'000'000};
  PolicySync sync{desk, random, delays};
  /// What the server has.
  std::string version = "v1";

  /// Answers as a server that is well.
  Answer<std::string> answer(const PolicyTask& task) const {
    return task.kind == Kind::secret ? "secret of " + task.argument : version;
  }
  /// One round; gives what was asked.
  std::vector<std::string> round() {
    std::vector<std::string> asked;
    while (std::optional<PolicyTask> task = sync.next(now)) {
      REQUIRE(asked.size() < 20);
      static constexpr std::array<const char*, 3> names = {"report ", "policy ", "secret "};
      asked.push_back(names[static_cast<std::size_t>(task->kind)] + task->argument);
      sync.answered(*task, answer(*task), now);
    }
    return asked;
  }
};

}  // namespace

TEST_CASE_FIXTURE(PolicyDesk,
                  "at the start the report, the policy and the secrets of this PC are seen to, then there is peace") {
  desk.text = "r1";
  desk.on_policy = [this] { desk.due = {{"a", "c1", true}, {"b", "c2", false}}; };
  CHECK(round() == std::vector<std::string>{"report r1", "policy ", "secret a"});
  CHECK(desk.version == "v1");
  CHECK(sync.problem().empty());
  CHECK(sync.due() == now + delays.refresh);
  now = sync.due();
  CHECK(round() == std::vector<std::string>{"policy v1"});
}

TEST_CASE_FIXTURE(PolicyDesk,
                  "news from the logon screen are told, and the policy fetched if the answer names another one") {
  round();
  desk.text = "r2";
  sync.changed(now);
  CHECK(sync.due() == now + delays.report);
  now = sync.due();
  CHECK(round() == std::vector<std::string>{"report r2"});
  version = "v2";
  desk.text = "r3";
  sync.changed(now);
  now = sync.due();
  CHECK(round() == std::vector<std::string>{"report r3", "policy v1"});
}

TEST_CASE_FIXTURE(PolicyDesk,
                  "a report without an answer is told again until there is one, also when it has grown meanwhile") {
  desk.text = "r1";
  for (int i = 0; i < 5; ++i) {
    const std::optional<PolicyTask> task = sync.next(now);
    REQUIRE(task.has_value());
    CHECK(task->argument == "r1");
    sync.answered(*task, unreachable(), now);
    CHECK(sync.problem() == "unreachable");
    CHECK(sync.due() > now);
    now = sync.due();
  }
  const std::optional<PolicyTask> task = sync.next(now);
  desk.text = "r2";
  sync.answered(*task, version, now);
  CHECK(round() == std::vector<std::string>{"report r2", "policy "});
}

TEST_CASE_FIXTURE(PolicyDesk,
                  "a report the server does not take keeps nobody from the policy, and is told again later") {
  desk.text = "r1";
  const std::optional<PolicyTask> task = sync.next(now);
  sync.answered(*task, said("invalid-request"), now);
  CHECK(round() == std::vector<std::string>{"policy "});
  CHECK(sync.problem() == "invalid-request");
  CHECK(sync.due() <= now + delays.retry_longest);
  now = sync.due();
  CHECK(round() == std::vector<std::string>{"report r1"});
  CHECK(sync.problem().empty());
}

TEST_CASE_FIXTURE(PolicyDesk, "a policy that cannot be read changes nothing and is asked for again") {
  desk.policy_result = Error{ErrorCode::malformed, "x"};
  CHECK(round() == std::vector<std::string>{"report r0", "policy "});
  CHECK(sync.problem() == "unreadable-answer");
  CHECK(sync.due() <= now + delays.retry_first);
  desk.policy_result = Error{ErrorCode::disk_full, "x"};
  now = sync.due();
  round();
  CHECK(sync.problem() == "disk-full");
  desk.policy_result = true;
  now = sync.due();
  CHECK(round() == std::vector<std::string>{"policy "});
  CHECK(sync.problem().empty());
}

TEST_CASE_FIXTURE(PolicyDesk, "a secret the server refuses waits; the others do not") {
  round();
  desk.due = {{"a", "c1", true}, {"b", "c2", true}};
  sync.changed(now);
  now = sync.due();
  const std::optional<PolicyTask> task = sync.next(now);
  CHECK(task->argument == "a");
  sync.answered(*task, said("code-needed"), now);
  CHECK(round() == std::vector<std::string>{"secret b"});
  CHECK(sync.problem().empty());
  now += delays.refused_secret;
  CHECK(round() == std::vector<std::string>{"policy v1", "secret a"});
}

TEST_CASE_FIXTURE(PolicyDesk,
                  "a secret that does not open, or that the desk still misses, is not asked for over and over") {
  round();
  SUBCASE("does not open") {
    desk.secret_result = Error{ErrorCode::authentication_failed, "x"};
  }
  SUBCASE("still missing") {
    desk.keeps_missing = true;
  }
  desk.due = {{"a", "c1", true}};
  sync.changed(now);
  now = sync.due();
  CHECK(round() == std::vector<std::string>{"secret a"});
  now += delays.report;
  sync.changed(now);
  now = sync.due();
  CHECK(round().empty());
  sync.ask(now);
  CHECK(round() == std::vector<std::string>{"policy v1", "secret a"});
}

TEST_CASE_FIXTURE(PolicyDesk, "who asks is answered by a round that began after that, or when none can be had") {
  const std::uint64_t first = sync.ask(now);
  sync.answered(*sync.next(now), version, now);
  const std::uint64_t meanwhile = sync.ask(now);
  round();
  CHECK(sync.done(first));
  CHECK_FALSE(sync.done(meanwhile));
  CHECK(sync.due() <= now);
  CHECK(round() == std::vector<std::string>{"policy v1"});
  CHECK(sync.done(meanwhile));

  const std::uint64_t refused = sync.ask(now);
  sync.failed(unreachable(), now);
  CHECK(sync.done(refused));
  CHECK(sync.due() > now);
  const std::uint64_t asleep = sync.ask(now);
  sync.pause();
  CHECK(sync.done(asleep));
}

TEST_CASE_FIXTURE(PolicyDesk, "a server whose answers name another version every time is not asked without end") {
  version = "v1";
  const std::optional<PolicyTask> report = sync.next(now);
  sync.answered(*report, std::string("never the same"), now);
  const std::optional<PolicyTask> policy = sync.next(now);
  CHECK(policy->kind == Kind::policy);
  sync.answered(*policy, version, now);
  CHECK_FALSE(sync.next(now).has_value());
  CHECK(sync.due() > now);
}

TEST_CASE_FIXTURE(PolicyDesk, "asleep nothing is asked; awake, or with the network back, everything that waits") {
  desk.text = "r1";
  sync.answered(*sync.next(now), unreachable(), now);
  sync.pause();
  CHECK(sync.due() == never);
  CHECK_FALSE(sync.next(now + 24h).has_value());
  now += 24h;
  sync.network_up(now);
  CHECK(round() == std::vector<std::string>{"report r1", "policy "});
}
