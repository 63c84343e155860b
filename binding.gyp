# The addon: the C++ core for Node (native/addon/README.md). Do not run `node-gyp` in this folder: it takes `build/` for its own and
# deletes it. `npm run build:addon` runs it in a folder of its own, with a binding.gyp there that includes this one and sets `root`.
{
  'variables': {
    # The way from where node-gyp runs to here.
    'root%': '.',
    # Of the distribution; a header-only library. Only Windows is told where it is (build/addon.ts).
    'nlohmann_json_include%': '/usr/include',
  },
  'target_defaults': {
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-exceptions', '-fno-rtti'],
    # The warnings of native/CMakeLists.txt. There they are errors; here a compiler we do not know may find more, and that is no
    # reason to be without a core.
    'cflags_cc': [
      '-std=c++20', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wsign-conversion', '-Wshadow',
      '-Wnon-virtual-dtor', '-Wold-style-cast', '-Wcast-align', '-Woverloaded-virtual', '-Wformat=2', '-Wimplicit-fallthrough',
      '-Wnull-dereference', '-Wno-missing-field-initializers',
    ],
    'conditions': [
      ['OS=="win"', {
        'defines': ['UNICODE', '_UNICODE', 'NOMINMAX', 'WIN32_LEAN_AND_MEAN', '_WIN32_WINNT=0x0A00', '_CRT_SECURE_NO_WARNINGS'],
        'msvs_settings': {
          'VCCLCompilerTool': { 'ExceptionHandling': 1, 'AdditionalOptions': ['/std:c++20', '/permissive-', '/utf-8', '/W4'] },
        },
      }],
    ],
  },
  'targets': [
    {
      'target_name': 'core',
      'type': 'static_library',
      'sources': ['<!@(node <(root)/native/addon/gyp-inputs.mjs <(root) core)'],
      'include_dirs': ['<(root)/native'],
      # Node brings headers of another OpenSSL than the one we link.
      'include_dirs!': ['<(node_root_dir)/include/node'],
      'conditions': [
        ['OS=="win"', { 'include_dirs': ['<(nlohmann_json_include)'] }],
      ],
    },
    {
      'target_name': 'systemlog',
      'dependencies': ['core'],
      'sources': ['<!@(node <(root)/native/addon/gyp-inputs.mjs <(root) addon)'],
      'include_dirs': ['<(root)/native'],
      'defines': [
        'NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'SYSTEMLOG_VERSION="<!(node <(root)/native/addon/gyp-inputs.mjs <(root) version)"',
      ],
      'conditions': [
        ['OS=="win"', {
          'include_dirs': ['<(root)/node_modules/node-addon-api'],
          'libraries': [
            '-lbcrypt', '-lncrypt', '-lcrypt32', '-ladvapi32', '-lsecur32', '-lcredui', '-lwtsapi32', '-lwinhttp', '-lole32', '-luser32',
          ],
        }, {
          # System headers, for whose warnings we are not to blame.
          'cflags_cc': [
            '-isystem', '<(module_root_dir)/<(root)/node_modules/node-addon-api', '-isystem', '<(node_root_dir)/include/node',
          ],
          # libcrypto goes into the addon, out of sight: Node exports its own OpenSSL, another version, under the same names, and
          # the loader would take those. It cleans up at exit, so that the addon must not be unloaded with a worker thread.
          'libraries': ['-l:libcrypto.a', '-ldl', '-pthread'],
          'ldflags': [
            '-Wl,--version-script=<(module_root_dir)/<(root)/native/addon/exports.map', '-Wl,-z,nodelete', '-Wl,-z,relro,-z,now',
          ],
        }],
      ],
    },
  ],
}
