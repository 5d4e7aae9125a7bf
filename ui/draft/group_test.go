package draft_test

import (
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

func TestDraftOfAGroup(t *testing.T) {
	// To a multicast address it is Non-confirmable, whatever is written (RFC 7252 §8.1).
	d := draft.Draft{Method: protocol.PUT, Address: "coap://[ff02::fd%eth0]/led", Payload: strings.Repeat("x", draft.MaxGroupPayload)}
	b := d.Build(protocol.URI{}, nil)
	if len(b.Problems) > 0 || !b.Multicast || b.Request.Message.Type != protocol.NonConfirmable || b.Request.Message.Path() != "/led" {
		t.Errorf("%v %v %v", b.Problems, b.Multicast, b.Request.Message)
	}
	// To the members of a list it is as it is written, and its path goes to the base, which is a member.
	d = draft.Draft{Method: protocol.GET, Address: "/led?x", Group: "lights"}
	b = d.Build(base, nil)
	if len(b.Problems) > 0 || b.Multicast || b.Request.Message.Type != protocol.Confirmable || b.URI.Host != base.Host || b.URI.PathQuery() != "/led?x" {
		t.Errorf("%v %v %v", b.Problems, b.Multicast, b.URI)
	}
	if d.Address = ""; len(d.Build(base, nil).Problems) > 0 {
		t.Error("no path is that of the root")
	}
	ping := draft.Draft{Method: protocol.Empty, Address: "coap://224.0.1.187"}
	if p := ping.Build(protocol.URI{}, nil).Problems; len(p) != 1 || !strings.Contains(p[0].Text, "ping") {
		t.Errorf("a ping: %v", p)
	}
}
