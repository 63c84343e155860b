// What a LogonUI with our DLL in it leaves behind, and how it ends: in processes of their own.
#include <cstdio>

#include "test/logonui/programs.h"
#include "test/logonui/script.h"
#include "test/logonui/typed_secrets.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

/// One who may seal, and one whose code alone does.
void script_typist(Script& script) {
  Question may_seal = asking(code_and_password, Reason::no_sealed_password);
  may_seal.may_seal_password = true;
  script.questions[tanaka_sid] = may_seal;
  script.questions[suzuki_sid] = asking(Factor::otp);
  script.judge = [](const auth::TileAnswers& given) {
    const bool by_code = given.answers.code == secret_of("code").bytes;
    const bool by_recovery = given.answers.recovery_code == secret_of("recovery-code").bytes;
    if (!by_code && !by_recovery) return refused("wrong");
    Answered answered = granted();
    if (given.about.sid != suzuki_sid) return answered;
    const ByteView sealed = bytes_of(secret_of("sealed-password").bytes);
    answered.password.assign(sealed.begin(), sealed.end());
    return answered;
  };
}

}  // namespace

TEST_CASE_FIXTURE(Pc, "nothing that was typed, and nothing the bridge gave, is left in the memory of the process") {
  script_typist(script);
  const Typist typist("forget", pipe());
  REQUIRE(typist.exit_code() == 0U);
  REQUIRE(typist.says("ended"));
  CHECK_FALSE(typist.mentions("did not"));
  // The search finds what is there to be found.
  CHECK(typist.count("typed", "password-utf16", "heap") > 0);
  CHECK(typist.count("typed", "wrong-code-utf16", "heap") > 0);
  int stack = 0;
  for (const char* when : {"refused-by-lsa", "accepted-and-sealed", "changed", "code-alone", "deselected", "gone"}) {
    for (const Secret& secret : typed_secrets) {
      for (const char* form : {"-utf16", "-utf8"}) {
        const std::string what = std::string(secret.name) + form;
        CAPTURE(when);
        CAPTURE(what);
        CHECK(typist.count(when, what, "heap") == 0);
        stack += typist.count(when, what, "stack");
      }
    }
  }
  std::printf("figure: %d remnants of secrets on LogonUI's own stack, 0 elsewhere\n", stack);
}
