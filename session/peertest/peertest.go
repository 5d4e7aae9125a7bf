package peertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program gives the path of "coap-client" or "coap-server" of libcoap 4.3.4, or of "tshark" 4.4. A test that lacks it
// is skipped, but fails in continuous integration.
func Program(t testing.TB, name string) string {
	t.Helper()
	return find(t, filepath.Join("trixie", "bin", name))
}

// System gives the path of "coap-client" or "coap-server" of the libcoap that the system has, 4.3.1 of Debian 12 for one. Its
// names carry the TLS library, which matters little here. A test that lacks it is skipped, but fails in continuous integration.
func System(t testing.TB, name string) string {
	t.Helper()
	for _, suffix := range []string{"-notls", "-gnutls", "-openssl", ""} {
		if path, err := exec.LookPath(name + suffix); err == nil {
			return path
		}
	}
	missing(t, name+" (Debian: libcoap3-bin)")
	return ""
}

// Node gives a command that runs a script of testdata/node, where node-coap is there to be required.
func Node(t testing.TB, script string, args ...string) *exec.Cmd {
	t.Helper()
	modules := find(t, filepath.Join("node", "node_modules"))
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node (Debian: nodejs)")
	}
	command := exec.Command(path, append([]string{filepath.Join("testdata", "node", script)}, args...)...)
	command.Env = append(os.Environ(), "NODE_PATH="+modules)
	return command
}

// Exists has a test that lacks a program skipped, but fail in continuous integration; what says what it is.
func Exists(t testing.TB, path, what string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		missing(t, what)
	}
}

// find gives the path of a file or directory of what .ci/peers fetches.
func find(t testing.TB, name string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "coapscope", "peers", name)
	if _, err := os.Stat(path); err != nil {
		missing(t, path)
	}
	return path
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: run make setup-test", what)
	}
	t.Skipf("%s is missing: run make setup-test", what)
}
