package view

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"coapscope/discovery"
	"coapscope/session"
)

// A device that answered, but could not be read, is not silently left out at the end of a search.
func TestScanTellsWhatFailed(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	w.scanned(discovery.Found{})
	w.scanned(discovery.Failed{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683"), Err: errors.New("the rest of the links of 192.0.2.1: no answer")})
	w.Pull()
	w.scanEnded(discovery.Outcome{}, nil, false)
	if !strings.Contains(w.Message, "1 device answered") || !strings.Contains(w.Message, "192.0.2.1: no answer") || w.MessageConcept != Warning {
		t.Errorf("said is %q", w.Message)
	}
	w.scanEnded(discovery.Outcome{}, nil, true)
	if w.MessageConcept != Good {
		t.Errorf("said of a cancelled search is %q", w.Message)
	}
	// What a later round has made good is not told in the end.
	w.scanned(discovery.Found{Device: discovery.Device{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683")}})
	w.Pull()
	w.scanEnded(discovery.Outcome{}, nil, false)
	if w.MessageConcept != Good {
		t.Errorf("said after a good round is %q", w.Message)
	}
}
