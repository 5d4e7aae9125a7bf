package view_test

import (
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// Code 0.00 is a ping; the Reset that answers it is a sign of life (RFC 7252 §4.3).
func TestWorkbenchPings(t *testing.T) {
	d := sitDown(t)
	a := d.ask(protocol.Empty, d.address("plugtest")+"/", "")
	code, concept := a.Code()
	if a.Err != nil || code != "alive" || concept != view.Good || a.Message.Type != protocol.Reset || a.RTT <= 0 || a.Received != 2 {
		t.Errorf("got %q, %v: %+v", code, concept, a)
	}
	d.Tab().Draft.Payload = "x"
	d.Send()
	if len(d.Tab().Problems) != 1 || !strings.Contains(d.Tab().Problems[0].Text, "0.00") {
		t.Errorf("a ping with a payload: %v", d.Tab().Problems)
	}
}

// A request that has Observe with 0 among its options observes, when it is sent; as one message it does not.
func TestWorkbenchObservesByOption(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: d.address("livingroom-node") + "/sensors/temp", Options: []draft.Option{{Number: protocol.Observe, Text: "0"}}}
	d.Send()
	d.until("an observation", func() bool { return tab.State == view.TabObserving })
	m, _ := protocol.Parse(d.Traffic.Frame(1).Data)
	n := 0
	for range m.Options.All(protocol.Observe) {
		n++
	}
	if v, ok := m.Options.Uint(protocol.Observe); n != 1 || !ok || v != protocol.ObserveRegister {
		t.Errorf("the registration has %v", m)
	}
	d.Observe()
	d.until("its end", d.idle)
}

// What the request asks for of No-Response is no failure.
func TestWorkbenchWantsNoResponse(t *testing.T) {
	d := sitDown(t)
	d.Tab().Draft.Options = []draft.Option{{Number: protocol.NoResponse, Text: "26"}}
	a := d.ask(protocol.GET, d.address("plugtest")+"/test", "")
	if code, concept := a.Code(); a.Err != nil || !a.Suppressed || code != "no response asked for" || concept != view.Good || !strings.Contains(a.Summary(), "RFC 7967") {
		t.Errorf("got %q: %+v", code, a)
	}
}
