#include <doctest/doctest.h>

#include "core/account_names.h"

using namespace systemlog;

namespace {

struct Read {
  std::string_view verdict;
  NameForm form = NameForm::bare;
  std::u16string domain;
  std::u16string user;
};

Read read(std::u16string_view typed) {
  const Result<AccountName> parsed = parse_account_name(typed, u"PC-01");
  if (!parsed) return {name(parsed.error().code), {}, {}, {}};
  return {"ok", parsed.value().form, parsed.value().domain, parsed.value().user};
}

}  // namespace

TEST_CASE("names are read in every form Windows takes") {
  struct Row {
    std::u16string typed;
    NameForm form;
    std::u16string domain, user, qualified;
  };
  const Row rows[] = {
      {u"tanaka", NameForm::bare, u"", u"tanaka", u"tanaka"},
      {u".\\tanaka", NameForm::local, u"PC-01", u"tanaka", u"PC-01\\tanaka"},
      {u"PC-01\\tanaka", NameForm::domain, u"PC-01", u"tanaka", u"PC-01\\tanaka"},
      {u"CORP\\tanaka", NameForm::domain, u"CORP", u"tanaka", u"CORP\\tanaka"},
      {u"tanaka@corp.example", NameForm::user_at_domain, u"", u"tanaka@corp.example", u"tanaka@corp.example"},
      {u"taro.tanaka@outlook.jp", NameForm::user_at_domain, u"", u"taro.tanaka@outlook.jp",
       u"taro.tanaka@outlook.jp"},
      {u"MicrosoftAccount\\taro@outlook.jp", NameForm::domain, u"MicrosoftAccount", u"taro@outlook.jp",
       u"MicrosoftAccount\\taro@outlook.jp"},
      {u"  田中 太郎  ", NameForm::bare, u"", u"田中 太郎", u"田中 太郎"},
      {u"\u3000CORP \\ 田中 太郎", NameForm::domain, u"CORP", u"田中 太郎", u"CORP\\田中 太郎"},
      {u"a@b@c", NameForm::user_at_domain, u"", u"a@b@c", u"a@b@c"},
      {u"\U00020BB7野", NameForm::bare, u"", u"\U00020BB7野", u"\U00020BB7野"},
  };
  for (const Row& row : rows) {
    const Result<AccountName> parsed = parse_account_name(row.typed, u"PC-01");
    REQUIRE(parsed.ok());
    CHECK(parsed.value().form == row.form);
    CHECK(parsed.value().domain == row.domain);
    CHECK(parsed.value().user == row.user);
    CHECK(qualified(parsed.value()) == row.qualified);
  }
}

TEST_CASE("what cannot be a name is refused") {
  for (const std::u16string typed : {u"", u"  ", u"\\", u"CORP\\", u"\\tanaka", u".\\", u" \\ ", u"a\\b\\c", u"@corp",
                                     u"tanaka@", u"a/b", u"a\"b", u"a:b", u"a*b", u"a<b", u"a\nb"}) {
    CHECK(read(typed).verdict == "malformed");
  }
  CHECK(read(std::u16string(1, char16_t{0xD800})).verdict == "malformed");
  CHECK(read(std::u16string{u'a', char16_t{0xDC00}}).verdict == "malformed");
  CHECK(read(std::u16string{u'a', char16_t{0}}).verdict == "malformed");
}

TEST_CASE("names have the lengths Windows allows") {
  CHECK(read(std::u16string(256, u'a')).verdict == "ok");
  CHECK(read(std::u16string(257, u'a')).verdict == "too-long");
  CHECK(read(std::u16string(255, u'd') + u"\\" + std::u16string(256, u'u')).verdict == "ok");
  CHECK(read(std::u16string(256, u'd') + u"\\u").verdict == "too-long");
  CHECK(read(u"d\\" + std::u16string(257, u'u')).verdict == "too-long");
  CHECK(read(std::u16string(256, u'u') + u"@" + std::u16string(255, u'd')).verdict == "ok");
  CHECK(read(u"u@" + std::u16string(256, u'd')).verdict == "too-long");
  CHECK(read(std::u16string(100'000, u'a')).verdict == "too-long");
}

TEST_CASE("names are the same whatever their case") {
  CHECK(same_name(u"Tanaka", u"tANAKA"));
  CHECK(same_name(u"ＴＡＮＡＫＡ", u"ｔａｎａｋａ"));
  CHECK(same_name(u"ÄÖÜŐ", u"äöüő"));
  CHECK(same_name(u"ИВАН", u"иван"));
  CHECK(same_name(u"ΩΣ", u"ωσ"));
  CHECK(same_name(u"田中", u"田中"));
  CHECK_FALSE(same_name(u"tanaka", u"tanaka2"));
  CHECK_FALSE(same_name(u"tanaka", u"ｔanaka"));
  CHECK_FALSE(same_name(u"×", u"÷"));
}

TEST_CASE("SIDs have the contract's form") {
  for (const char* sid : {"S-1-5-18", "S-1-5-21-1004336348-1177238915-682003330-1001", "S-1-0-0"}) CHECK(is_sid(sid));
  for (const char* text : {"", "S-1-", "S-1-5", "S-1-5-", "s-1-5-18", "S-2-5-18", "S-1-5-18-", "S-1-5-1 8",
                           "S-1-5--18", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"}) {
    CHECK_FALSE(is_sid(text));
  }
}
