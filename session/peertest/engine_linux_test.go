package peertest_test

import (
	"net/netip"
	"os/exec"
	"testing"

	"coapscope/session"
	"coapscope/session/lab"
)

// openEngine opens an engine for the time of the test.
func openEngine(t testing.TB) *session.Engine {
	t.Helper()
	e, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// startServer starts a server program of libcoap for the time of the test.
func startServer(t *testing.T, program string, args ...string) netip.AddrPort {
	t.Helper()
	s := newStage(t)
	s.serve(exec.Command(program, args...))
	return s.addr()
}

// startLab starts a lab without loss, whose devices wait little before they answer to a group.
func startLab(t testing.TB) *lab.Lab {
	t.Helper()
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: leisure, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// deviceAddr gives the address of a device of the lab.
func deviceAddr(t testing.TB, l *lab.Lab, name string) netip.AddrPort {
	t.Helper()
	d, err := l.Device(name)
	if err != nil {
		t.Fatal(err)
	}
	return d.Addr
}
