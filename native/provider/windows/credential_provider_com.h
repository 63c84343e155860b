// The COM interfaces between LogonUI and a credential provider. mingw has no credentialprovider.h, so they are
// declared here: ids, order of methods and numbers as documented by Microsoft, each checked against a second public
// source. `test/logonui` drives them by slot number, outside this header, so that a wrong order cannot hide.
#pragma once

// clang-format off
#include <windows.h>
#include <unknwn.h>
#include <propsys.h>
// clang-format on

#if defined(__GNUC__)
#pragma GCC diagnostic push
// COM interfaces have no destructor: objects go by Release.
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
#endif

namespace systemlog::com {

enum UsageScenario : int {
  CPUS_INVALID = 0,
  CPUS_LOGON = 1,
  CPUS_UNLOCK_WORKSTATION = 2,
  CPUS_CHANGE_PASSWORD = 3,
  CPUS_CREDUI = 4,
  CPUS_PLAP = 5,
};
enum FieldState : int {
  CPFS_HIDDEN = 0,
  CPFS_DISPLAY_IN_SELECTED_TILE = 1,
  CPFS_DISPLAY_IN_DESELECTED_TILE = 2,
  CPFS_DISPLAY_IN_BOTH = 3,
};
enum FieldInteractiveState : int { CPFIS_NONE = 0, CPFIS_READONLY = 1, CPFIS_DISABLED = 2, CPFIS_FOCUSED = 3 };
enum SerializationResponse : int {
  CPGSR_NO_CREDENTIAL_NOT_FINISHED = 0,
  CPGSR_NO_CREDENTIAL_FINISHED = 1,
  CPGSR_RETURN_CREDENTIAL_FINISHED = 2,
  CPGSR_RETURN_NO_CREDENTIAL_FINISHED = 3,
};
enum StatusIcon : int { CPSI_NONE = 0, CPSI_ERROR = 1, CPSI_WARNING = 2, CPSI_SUCCESS = 3 };
enum AccountOptions : int { CPAO_NONE = 0, CPAO_EMPTY_LOCAL = 1, CPAO_EMPTY_CONNECTED = 2 };
inline constexpr DWORD CREDENTIAL_PROVIDER_NO_DEFAULT = 0xFFFFFFFF;

struct FieldDescriptor {
  DWORD dwFieldID;
  /// CREDENTIAL_PROVIDER_FIELD_TYPE.
  int cpft;
  LPWSTR pszLabel;
  GUID guidFieldType;
};
struct Serialization {
  ULONG ulAuthenticationPackage;
  GUID clsidCredentialProvider;
  ULONG cbSerialization;
  BYTE* rgbSerialization;
};

struct ICredentialProviderCredential;

struct ICredentialProviderCredentialEvents : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE SetFieldState(ICredentialProviderCredential*, DWORD, FieldState) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldInteractiveState(ICredentialProviderCredential*, DWORD,
                                                             FieldInteractiveState) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldString(ICredentialProviderCredential*, DWORD, LPCWSTR) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldCheckbox(ICredentialProviderCredential*, DWORD, BOOL,
                                                     LPCWSTR) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldBitmap(ICredentialProviderCredential*, DWORD, HBITMAP) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldComboBoxSelectedItem(ICredentialProviderCredential*, DWORD,
                                                                 DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE DeleteFieldComboBoxItem(ICredentialProviderCredential*, DWORD,
                                                            DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE AppendFieldComboBoxItem(ICredentialProviderCredential*, DWORD,
                                                            LPCWSTR) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldSubmitButton(ICredentialProviderCredential*, DWORD, DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE OnCreatingWindow(HWND*) noexcept = 0;
};

struct ICredentialProviderCredentialEvents2 : ICredentialProviderCredentialEvents {
  virtual HRESULT STDMETHODCALLTYPE BeginFieldUpdates() noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE EndFieldUpdates() noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetFieldOptions(ICredentialProviderCredential*, DWORD, DWORD) noexcept = 0;
};

struct ICredentialProviderCredential : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Advise(ICredentialProviderCredentialEvents*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE UnAdvise() noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetSelected(BOOL*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetDeselected() noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetFieldState(DWORD, FieldState*, FieldInteractiveState*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetStringValue(DWORD, LPWSTR*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetBitmapValue(DWORD, HBITMAP*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetCheckboxValue(DWORD, BOOL*, LPWSTR*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetSubmitButtonValue(DWORD, DWORD*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetComboBoxValueCount(DWORD, DWORD*, DWORD*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetComboBoxValueAt(DWORD, DWORD, LPWSTR*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetStringValue(DWORD, LPCWSTR) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetCheckboxValue(DWORD, BOOL) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetComboBoxSelectedValue(DWORD, DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE CommandLinkClicked(DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetSerialization(SerializationResponse*, Serialization*, LPWSTR*,
                                                     StatusIcon*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE ReportResult(LONG, LONG, LPWSTR*, StatusIcon*) noexcept = 0;
};

struct ICredentialProviderCredential2 : ICredentialProviderCredential {
  virtual HRESULT STDMETHODCALLTYPE GetUserSid(LPWSTR*) noexcept = 0;
};

struct ICredentialProviderCredentialWithFieldOptions : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE GetFieldOptions(DWORD, DWORD*) noexcept = 0;
};

struct ICredentialProviderEvents : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE CredentialsChanged(UINT_PTR) noexcept = 0;
};

struct ICredentialProvider : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE SetUsageScenario(UsageScenario, DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE SetSerialization(const Serialization*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE Advise(ICredentialProviderEvents*, UINT_PTR) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE UnAdvise() noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetFieldDescriptorCount(DWORD*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetFieldDescriptorAt(DWORD, FieldDescriptor**) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetCredentialCount(DWORD*, DWORD*, BOOL*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetCredentialAt(DWORD, ICredentialProviderCredential**) noexcept = 0;
};

struct ICredentialProviderFilter : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Filter(UsageScenario, DWORD, GUID*, BOOL*, DWORD) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE UpdateRemoteCredential(const Serialization*, Serialization*) noexcept = 0;
};

struct ICredentialProviderUser : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE GetSid(LPWSTR*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetProviderID(GUID*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetStringValue(REFPROPERTYKEY, LPWSTR*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetValue(REFPROPERTYKEY, PROPVARIANT*) noexcept = 0;
};

struct ICredentialProviderUserArray : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE SetProviderFilter(REFGUID) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetAccountOptions(AccountOptions*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetCount(DWORD*) noexcept = 0;
  virtual HRESULT STDMETHODCALLTYPE GetAt(DWORD, ICredentialProviderUser**) noexcept = 0;
};

struct ICredentialProviderSetUserArray : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE SetUserArray(ICredentialProviderUserArray*) noexcept = 0;
};

inline constexpr GUID iid_provider = {0xD27C3481, 0x5A1C, 0x45B2, {0x8A, 0xAA, 0xC2, 0x0E, 0xBB, 0xE8, 0x22, 0x9E}};
inline constexpr GUID iid_credential = {0x63913A93, 0x40C1, 0x481A, {0x81, 0x8D, 0x40, 0x72, 0xFF, 0x8C, 0x70, 0xCC}};
inline constexpr GUID iid_credential2 = {
    0xFD672C54, 0x40EA, 0x4D6E, {0x9B, 0x49, 0xCF, 0xB1, 0xA7, 0x50, 0x7B, 0xD7}};
inline constexpr GUID iid_credential_with_field_options = {
    0xDBC6FB30, 0xC843, 0x49E3, {0xA6, 0x45, 0x57, 0x3E, 0x6F, 0x39, 0x44, 0x6A}};
inline constexpr GUID iid_credential_events = {
    0xFA6FA76B, 0x66B7, 0x4B11, {0x95, 0xF1, 0x86, 0x17, 0x11, 0x18, 0xE8, 0x16}};
inline constexpr GUID iid_credential_events2 = {
    0xB53C00B6, 0x9922, 0x4B78, {0xB1, 0xF4, 0xDD, 0xFE, 0x77, 0x4D, 0xC3, 0x9B}};
inline constexpr GUID iid_provider_events = {
    0x34201E5A, 0xA787, 0x41A3, {0xA5, 0xA4, 0xBD, 0x6D, 0xCF, 0x2A, 0x85, 0x4E}};
inline constexpr GUID iid_filter = {0xA5DA53F9, 0xD475, 0x4080, {0xA1, 0x20, 0x91, 0x0C, 0x4A, 0x73, 0x98, 0x80}};
inline constexpr GUID iid_user = {0x13793285, 0x3EA6, 0x40FD, {0xB4, 0x20, 0x15, 0xF4, 0x7D, 0xA4, 0x1F, 0xBB}};
inline constexpr GUID iid_user_array = {0x90C119AE, 0x0F18, 0x4520, {0xA1, 0xF1, 0x11, 0x43, 0x66, 0xA4, 0x0F, 0xE8}};
inline constexpr GUID iid_set_user_array = {
    0x095C1484, 0x1C0C, 0x4388, {0x9C, 0x6D, 0x50, 0x0E, 0x61, 0xBF, 0x84, 0xBD}};
/// Spelled out, as mingw's own copies are extern objects of a library.
inline constexpr GUID iid_unknown = {0x00000000, 0x0000, 0x0000, {0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};
inline constexpr GUID iid_class_factory = {
    0x00000001, 0x0000, 0x0000, {0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};

/// Users that live on this computer or in its domain, by ICredentialProviderUser::GetProviderID.
inline constexpr GUID identity_local_user_provider = {
    0xA198529B, 0x730F, 0x4089, {0xB6, 0x46, 0xA1, 0x25, 0x57, 0xF5, 0x66, 0x5E}};
/// PKEY_Identity_QualifiedUserName.
inline constexpr PROPERTYKEY qualified_user_name = {
    {0xDA520E51, 0xF4E9, 0x4739, {0xAC, 0x82, 0x02, 0xE0, 0xA9, 0x5C, 0x90, 0x30}}, 100};

inline constexpr GUID field_logon_user_name = {
    0xDA15BBE8, 0x954D, 0x4FD3, {0xB0, 0xF4, 0x1F, 0xB5, 0xB9, 0x0B, 0x17, 0x4B}};
inline constexpr GUID field_logon_password = {
    0x60624CFA, 0xA477, 0x47B1, {0x8A, 0x8E, 0x3A, 0x4A, 0x19, 0x98, 0x18, 0x27}};
inline constexpr GUID field_provider_logo = {
    0x2D837775, 0xF6CD, 0x464E, {0xA7, 0x45, 0x48, 0x2F, 0xD0, 0xB4, 0x74, 0x93}};
inline constexpr GUID field_provider_label = {
    0x286BBFF3, 0xBAD4, 0x438F, {0xB0, 0x07, 0x79, 0xB7, 0x26, 0x7C, 0x3D, 0x48}};

}  // namespace systemlog::com

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
