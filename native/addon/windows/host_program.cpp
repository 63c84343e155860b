// Node-API is imported from node.exe. In a program of another name, as Electron's are, it is that program that has
// it. MSVC builds bring node-gyp's own hook of this kind.
#ifdef __MINGW32__

// clang-format off
#include <windows.h>
#include <delayimp.h>
// clang-format on

#include <cstring>

namespace {

FARPROC WINAPI take_host_program(unsigned event, PDelayLoadInfo import) {
  if (event != dliNotePreLoadLibrary || std::strcmp(import->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(reinterpret_cast<void*>(GetModuleHandleW(nullptr)));
}

}  // namespace

// Declared by the header.
PfnDliHook __pfnDliNotifyHook2 = take_host_program;

#endif
