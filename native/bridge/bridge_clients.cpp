// What the bridge does for its clients (`ClientDesk`).
#include <algorithm>

#include "bridge/bridge.h"
#include "bridge/steady_time.h"

namespace systemlog::bridge {
namespace {

/// The longest a client waits for `sync`.
constexpr std::chrono::milliseconds longest_sync{60'000};

Refusal failed() {
  return {"internal-error", "The bridge failed; nothing was changed"};
}

Refusal refusal_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::receipt_invalid:
      return {"receipt-invalid", "The server did not make this receipt for this device"};
    case ErrorCode::unknown_journal:
      return {"unknown-journal", "This is not the journal that is being written"};
    case ErrorCode::beyond_head:
      return {"beyond-head", "The journal does not reach that far"};
    case ErrorCode::refused:
      return {"not-registered", "The server does not know this device yet"};
    default:
      return failed();
  }
}

}  // namespace

void Bridge::set_clients(ClientPipe* clients) {
  const std::lock_guard lock(clients_mutex_);
  clients_ = clients;
}

std::optional<ClientCaller> Bridge::caller(std::uint32_t session_id, const std::string& sid) {
  const std::lock_guard lock(core_);
  const auto session = signals_.sessions().find(session_id);
  if (session == signals_.sessions().end() || !session->second.account || session->second.account->sid != sid) {
    return std::nullopt;
  }
  return ClientCaller{*session->second.account, session->second.name};
}

ClientDesk::Head Bridge::head() const {
  return {recorder_->journal().id(), recorder_->journal().head_sequence()};
}

ClientDesk::Hello Bridge::hello() {
  const std::lock_guard lock(core_);
  Hello said{identity_.key->id(), std::nullopt, head()};
  if (server_.registration && server_.registration->state()) {
    const Registration::State& state = *server_.registration->state();
    said.registration = Registered{state.server, state.company};
  }
  return said;
}

Granted<ClientDesk::Page> Bridge::read(const std::string& sid, const std::optional<std::string>& journal,
                                       std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(core_);
  Journal& current = recorder_->journal();
  std::uint64_t from = 0;
  if (!journal) {
    from = current.acknowledged_through(sid);
  } else if (*journal == current.id()) {
    from = after;
  }
  // A reader that is further than the journal learns where it ends.
  from = std::min(from, current.head_sequence());
  const RecordFilter own = [&sid](std::string_view record) {
    const Result<RecordHead> head = read_record_head(record);
    return head && head.value().sid == sid;
  };
  Result<JournalPage> page = current.read(from, limit, own);
  if (!page) {
    if (page.error().code == ErrorCode::damaged) journal_is_damaged();
    return failed();
  }
  return Page{head(), std::move(page.value().records), page.value().through, page.value().more};
}

Granted<std::uint64_t> Bridge::acknowledge(const std::string& sid, const std::string& journal,
                                           std::uint64_t through) {
  const std::lock_guard lock(core_);
  Journal& current = recorder_->journal();
  if (journal != current.id()) return refusal_of({ErrorCode::unknown_journal, {}});
  const Result<void> moved = current.acknowledge(sid, through);
  if (!moved) return refusal_of(moved.error());
  return current.acknowledged_through(sid);
}

Granted<std::uint64_t> Bridge::take_receipt(const ServerReceipt& receipt) {
  const std::lock_guard lock(core_);
  Journal& journal = recorder_->journal();
  const Result<void> taken = journal.take_receipt(receipt);
  if (!taken) return refusal_of(taken.error());
  // What could not be removed now is removed after the next receipt.
  static_cast<void>(journal.compact());
  return journal.received_through();
}

Granted<ClientDesk::Tickets> Bridge::ticket(const std::string& sid, const std::string& nonce) {
  if (!server_.uplink) return refusal_of({ErrorCode::refused, {}});
  Result<Uplink::TicketAndAnchor> given = server_.uplink->ticket(sid, nonce);
  if (!given) return refusal_of(given.error());
  const auto statement = [](SignedStatement& said) {
    return Statement{std::move(said.statement), std::move(said.signature)};
  };
  return Tickets{statement(given.value().ticket), statement(given.value().anchor)};
}

ClientDesk::Sync Bridge::sync() {
  if (!server_.uplink) return {false, "not-configured"};
  std::unique_lock lock(core_);
  const std::uint64_t asked = reporter_->ask(now());
  const std::uint64_t policy_asked = policy_ ? policy_->ask(now()) : 0;
  report_due_.notify_all();
  const auto done = [&] { return reporter_->done(asked) && (!policy_ || policy_->done(policy_asked)); };
  reported_.wait_for(lock, longest_sync, [&] { return done() || clients_released_; });
  if (!done()) return {false, "unreachable"};
  const SyncOutcome& outcome = reporter_->outcome();
  const bool policy_failed = policy_ && outcome.problem.empty();
  return {outcome.reached, policy_failed ? policy_->problem() : outcome.problem};
}

ClientDesk::Status Bridge::status() {
  const std::lock_guard lock(core_);
  Status said;
  said.registered = server_.registration && server_.registration->state().has_value();
  said.head = head();
  said.received_through = recorder_->journal().received_through();
  said.last_sync_wall_ms = last_sync_wall_ms_;
  if (parts_.auth_pipe_is_open) said.auth_pipe_is_open = parts_.auth_pipe_is_open();
  said.last_problem = server_.uplink ? reporter_->outcome().problem : "not-configured";
  return said;
}

std::optional<LogonDesk::Standing> Bridge::standing(const std::string& sid) {
  const std::lock_guard lock(core_);
  return auth_desk_ ? auth_desk_->standing(sid) : std::nullopt;
}

std::optional<std::string> Bridge::fetch_secret(const std::string& sid, const std::optional<std::string>& code) {
  if (!server_.uplink) return "unreachable";
  return server_.uplink->fetch_secret(sid, code);
}

std::optional<std::string_view> Bridge::rehearse(const ClientCaller& caller) {
  if (!rehearsals_) return rehearsal_problems::no_provider;
  // What keeps the desk shut stands in the event log.
  if (!auth_desk_) return rehearsal_problems::cannot_start;
  const std::string& sid = caller.account.sid;
  std::optional<std::uint32_t> session_id;
  {
    const std::lock_guard lock(core_);
    const std::optional<LogonDesk::Standing> standing = auth_desk_->standing(sid);
    if (!standing) return rehearsal_problems::not_linked;
    if (standing->enrolment == Enrolment::none) return rehearsal_problems::nothing_to_rehearse;
    // As it is now: the session of a client that is about to be cut off is gone.
    for (const auto& [id, session] : signals_.sessions()) {
      if (session.name == caller.session && session.account && session.account->sid == sid) session_id = id;
    }
  }
  return session_id ? rehearsals_->start(*session_id, sid) : rehearsal_problems::cannot_start;
}

}  // namespace systemlog::bridge
