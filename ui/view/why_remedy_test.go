package view_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// action finds an action among those that are offered for the current tab.
func (d *desk) action(kind view.ActionKind) view.Remedy {
	d.t.Helper()
	y, _ := d.Why(d.Tab())
	for _, c := range y.Clues {
		for _, a := range c.Actions {
			if a.Kind == kind && d.CanDo(d.Tab(), a) {
				return a
			}
		}
	}
	d.t.Fatalf("action %d is not offered in\n%s", kind, y.Text())
	return view.Remedy{}
}

// do carries it out and waits for the answer.
func (d *desk) do(kind view.ActionKind) *view.Answer {
	d.t.Helper()
	d.Do(d.action(kind))
	d.until("the end of the action", d.idle)
	return d.Tab().Answer
}

func wantContent(t *testing.T, a *view.Answer) {
	t.Helper()
	if a.Err != nil || a.Message.Code != protocol.Content {
		t.Errorf("answer %v, %v", a.Message.Code, a.Err)
	}
}

func TestActionSendsToThePortOfTheAnswer(t *testing.T) {
	d := alone(t, hasty())
	p, other := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	other.serve(func(a arrival) { other.send(a.content(), a.from) })
	asks(d, uriOf(p.serve(func(a arrival) { other.send(a.content(), a.from) })))
	wantContent(t, d.do(view.SendToPort))
	if want := uriOf(other) + "/x"; d.Tab().Draft.Address != want {
		t.Errorf("address %q, want %q", d.Tab().Draft.Address, want)
	}
}

func TestActionSendsToTheHostOfTheAnswer(t *testing.T) {
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Skip("this system has one address for loopback")
	}
	other.Close()
	d := alone(t, hasty())
	p, o := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.2:0")
	o.serve(func(a arrival) { o.send(a.content(), a.from) })
	asks(d, uriOf(p.serve(func(a arrival) { o.send(a.content(), a.from) })))
	wantContent(t, d.do(view.SendToHost))
}

func TestActionSendsWithoutToken(t *testing.T) {
	d := alone(t, hasty())
	p := listen(t, "127.0.0.1:0")
	asks(d, uriOf(p.serve(func(a arrival) { // it knows no tokens
		m := a.content()
		m.Token = protocol.Token{}
		p.send(m, a.from)
	})))
	wantContent(t, d.do(view.SendWithoutToken))
}

func TestActionChangesTheType(t *testing.T) {
	d := alone(t, hasty())
	p := listen(t, "127.0.0.1:0")
	p.serve(func(a arrival) {
		if a.Type == protocol.Confirmable {
			p.send(a.content(), a.from)
		}
	})
	d.Tab().Draft.Type = protocol.NonConfirmable
	asks(d, uriOf(p))
	wantContent(t, d.do(view.SendConfirmable))
	if d.Tab().Draft.Type != protocol.Confirmable {
		t.Error("the draft is still NON")
	}
}

func TestActionWaitsLonger(t *testing.T) {
	d := alone(t, hasty())
	p := listen(t, "127.0.0.1:0")
	asks(d, uriOf(p.serve(func(a arrival) {
		p.send(protocol.Message{Type: protocol.Acknowledgement, MessageID: a.MessageID}, a.from)
	})))
	a := d.action(view.WaitLonger)
	for _, want := range []string{"120ms", "240ms"} {
		d.Do(a)
		if d.Tab().Draft.AckTimeout != want || !strings.Contains(d.Message, "ACK_TIMEOUT of "+want) {
			t.Errorf("ACK_TIMEOUT %q, said %q", d.Tab().Draft.AckTimeout, d.Message)
		}
		d.until("the transmission", func() bool { return d.Tab().Last != nil })
		d.Cancel()
		d.until("the end", d.idle)
	}
}

func TestActionEndsFaults(t *testing.T) {
	d := alone(t, hasty())
	if err := d.SetFaults("lose sent"); err != nil {
		t.Fatal(err)
	}
	p := listen(t, "127.0.0.1:0")
	asks(d, uriOf(p.serve(func(a arrival) { p.send(a.content(), a.from) })))
	wantContent(t, d.do(view.EndFaults))
	if d.FaultsText() != "" {
		t.Errorf("faults %q", d.FaultsText())
	}
}

func TestActionLeavesOptionsOut(t *testing.T) {
	d := alone(t, hasty())
	p := listen(t, "127.0.0.1:0")
	p.serve(func(a arrival) {
		if !a.Options.Has(protocol.NoResponse) && !a.Options.Has(protocol.ProxyURI) {
			p.send(a.content(), a.from)
		}
	})
	accept := draft.Option{Number: protocol.Accept, Text: "0"}
	d.Tab().Draft.Type = protocol.NonConfirmable
	d.Tab().Draft.Options = []draft.Option{{Number: protocol.NoResponse, Text: "26"}, accept}
	asks(d, uriOf(p))
	if !d.Tab().Answer.Suppressed {
		t.Errorf("answer %+v", d.Tab().Answer)
	}
	wantContent(t, d.do(view.SendWithNoResponse))
	if o := d.Tab().Draft.Options; len(o) != 1 || o[0] != accept {
		t.Errorf("options %v", o)
	}
	d.Tab().Draft.Options = []draft.Option{{Number: protocol.ProxyURI, Text: uriOf(p) + "/far"}}
	asks(d, "coap://"+listen(t, "127.0.0.1:0").addr().String())
	wantContent(t, d.do(view.SendWithoutProxy))
	if want := uriOf(p) + "/far"; d.Tab().Draft.Address != want || len(d.Tab().Draft.Options) != 0 {
		t.Errorf("address %q, options %v", d.Tab().Draft.Address, d.Tab().Draft.Options)
	}
}

func TestActionMakesBlocksSmaller(t *testing.T) {
	d := alone(t, hasty())
	tab := d.Tab()
	for _, c := range []struct{ before, after int }{{0, 256}, {1024, 256}, {256, 128}, {16, 16}} {
		tab.Draft = draft.Draft{Method: protocol.PUT, Address: "coap://127.0.0.1:9/x", Settings: draft.Settings{BlockSize: c.before}}
		a := view.Remedy{Kind: view.SmallerBlocks}
		if can := d.CanDo(tab, a); can != (c.before != c.after) {
			t.Errorf("from %d: %v", c.before, can)
		} else if can {
			d.Do(a)
			if tab.Draft.BlockSize != c.after {
				t.Errorf("from %d to %d, want %d", c.before, tab.Draft.BlockSize, c.after)
			}
			d.until("the end", d.idle)
		}
	}
}

// What would change nothing, or cannot be sent, is not offered, and says so where it is done all the same.
func TestActionsThatCannotBe(t *testing.T) {
	d := alone(t, hasty())
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: "coap://127.0.0.1/x"}
	for _, a := range []view.Remedy{
		{Kind: view.SendToPort, Port: 5683}, {Kind: view.SendToPort}, {Kind: view.SendConfirmable}, {Kind: view.SendWithNoResponse}, {Kind: view.SendWithoutProxy},
	} {
		if d.CanDo(tab, a) {
			t.Errorf("%s is offered", a.Label())
		}
		d.Do(a)
		if tab.State != view.TabIdle || !strings.Contains(d.Message, a.Label()) {
			t.Errorf("%s: state %d, %q", a.Label(), tab.State, d.Message)
		}
	}
	tab.Draft.Address = "coap://fe80::1/x"
	if d.CanDo(tab, view.Remedy{Kind: view.SendToPort, Port: 9}) {
		t.Error("an address that is none is changed")
	}
	seen := map[string]bool{}
	for kind := view.SendAgain; kind <= view.EndFaults; kind++ {
		label := view.Remedy{Kind: kind, Port: 1, Host: netip.MustParseAddrPort("192.0.2.1:2")}.Label()
		if label == "" || seen[label] {
			t.Errorf("action %d is called %q", kind, label)
		}
		seen[label] = true
	}
}
