package peertest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"coapscope/session/peertest"
)

// A test on a network of its own has a part that runs in a host of it, in a process that is this same program.
const (
	insideVariable = "COAPSCOPE_TEST_INSIDE" // what the part is given, as JSON
	resultPrefix   = "result of the part inside: "
)

// inside gives the command that runs a test of this program in a host of the network, with what it is given.
func inside(t *testing.T, n *peertest.Network, host, test string, given any) *exec.Cmd {
	t.Helper()
	data, err := json.Marshal(given)
	check(t, err)
	command := n.Command(host, os.Args[0], "-test.run=^"+test+"$", "-test.v", "-test.timeout=3m")
	command.Env = append(os.Environ(), insideVariable+"="+string(data))
	return command
}

// runInside runs a test in a host to its end, and takes its result.
func runInside(t *testing.T, n *peertest.Network, host, test string, given, result any) {
	t.Helper()
	output, err := inside(t, n, host, test, given).CombinedOutput()
	if err != nil {
		t.Fatalf("%s in %s: %v\n%s", test, host, err, output)
	}
	_, text, ok := bytes.Cut(output, []byte(resultPrefix))
	if !ok {
		t.Fatalf("%s in %s gives no result:\n%s", test, host, output)
	}
	check(t, json.NewDecoder(bytes.NewReader(text)).Decode(result))
}

// isInside tells whether this is the part in a host, and reads what it is given; otherwise the test is skipped.
func isInside(t *testing.T, given any) {
	t.Helper()
	text := os.Getenv(insideVariable)
	if text == "" {
		t.Skip("a part of another test")
	}
	check(t, json.Unmarshal([]byte(text), given))
}

// giveResult hands the result to the test outside.
func giveResult(t *testing.T, result any) {
	t.Helper()
	data, err := json.Marshal(result)
	check(t, err)
	os.Stdout.WriteString("\n" + resultPrefix + string(data) + "\n")
}
