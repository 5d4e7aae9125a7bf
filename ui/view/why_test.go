package view_test

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/transport"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// hasty are parameters with which a request is given up soon.
func hasty() protocol.Transmission {
	p := protocol.DefaultTransmission()
	p.AckTimeout, p.AckRandomFactor, p.MaxRetransmit, p.MaxLatency = 60*time.Millisecond, 1, 1, 10*time.Millisecond
	p.ProbingRate = 1e6
	return p
}

// alone is a workbench without a lab.
func alone(t *testing.T, transmission protocol.Transmission) *desk {
	t.Helper()
	engine, err := session.Open(session.Config{Transmission: transmission})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, wake: make(chan struct{}, 1)}
	d.Workbench = view.NewWorkbench(engine, func() {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	})
	t.Cleanup(d.Close)
	return d
}

// scripted is a device that does what a test says.
type scripted struct {
	*net.UDPConn
	t    *testing.T
	came chan arrival
}

// arrival is a request that came to a peer.
type arrival struct {
	protocol.Message
	from netip.AddrPort
}

// listen opens a peer at an address such as "127.0.0.1:0".
func listen(t *testing.T, address string) *scripted {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	if err != nil {
		t.Fatal(err)
	}
	p := &scripted{conn, t, make(chan arrival, 100)}
	t.Cleanup(func() { conn.Close() })
	return p
}

// serve answers all that comes by a script; nil only takes note.
func (p *scripted) serve(script func(a arrival)) *scripted {
	go func() {
		b := make([]byte, 65536)
		for {
			n, from, err := p.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			var a arrival
			if a.from = from; a.Parse(append([]byte(nil), b[:n]...)) != nil {
				continue
			}
			if script != nil {
				script(a)
			}
			select {
			case p.came <- a:
			default:
			}
		}
	}()
	return p
}

func (p *scripted) addr() netip.AddrPort { return p.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *scripted) write(b []byte, to netip.AddrPort) { _, _ = p.WriteToUDPAddrPort(b, to) }

func (p *scripted) send(m protocol.Message, to netip.AddrPort) {
	b, err := m.Append(nil)
	if err != nil {
		p.t.Error(err)
	}
	p.write(b, to)
}

// content is a piggybacked 2.05 to a request.
func (a arrival) content() protocol.Message {
	kind := protocol.Acknowledgement
	if a.Type == protocol.NonConfirmable {
		kind = protocol.NonConfirmable
	}
	return protocol.Message{Type: kind, Code: protocol.Content, MessageID: a.MessageID, Token: a.Token, Payload: []byte("21")}
}

// planted is a cause, and what is to be said of it.
type planted struct {
	name      string
	certainty view.Certainty
	title     string // of the first clue
	text      string // that its text has
	clause    string
	frame     string // what its frame is: the direction, and a part of its summary; empty for none
	next      string // that its next step has
	action    string // label of the first; empty for none
	plant     func(t *testing.T, d *desk)
}

// asks sends a request to a peer and waits for its end.
func asks(d *desk, address string) { d.ask(protocol.GET, address+"/x", "") }

func uriOf(p *scripted) string { return "coap://" + p.addr().String() }

var causes = []planted{
	{
		name: "nothing has the port", title: "Nothing listens on port", text: "Port unreachable: ICMP type 3 code 3 from 127.0.0.1.",
		clause: "RFC 1122 §4.1.3.1", frame: "sent /x", next: "the program that should answer running", action: "Send to port 5683",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			p.Close()
			asks(d, uriOf(p))
		},
	},
	{
		name: "no route", title: "No route to fe80::1%lo", text: "network is unreachable", clause: "RFC 4861 §5.2",
		next: "connected to the network that it is in", action: "Send again",
		plant: func(t *testing.T, d *desk) { asks(d, "coap://[fe80::1%25lo]") },
	},
	{
		name: "a Reset", title: "The device rejected the message with a Reset", text: "lost the context", clause: "RFC 7252 §4.2",
		frame: "received rejects #1", next: "(critical: Accept), or try it Non-confirmable", action: "Send as NON",
		plant: func(t *testing.T, d *desk) {
			d.Tab().Draft.Options = []draft.Option{{Number: protocol.Accept, Text: "0"}}
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				p.send(protocol.Message{Type: protocol.Reset, MessageID: a.MessageID}, a.from)
			})))
		},
	},
	{
		name: "another token in the ACK", title: "The answer has another token", text: "in an ACK with the message ID of the request, but with token 0102",
		clause: "RFC 7252 §5.3.2", frame: "received matches nothing", next: "send the token back as it is", action: "Send without token",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				m := a.content()
				m.Token = protocol.TokenOf([]byte{1, 2})
				p.send(m, a.from)
			})))
		},
	},
	{
		name: "another token in a NON", certainty: view.Likely, title: "The answer has another token", text: "Only the token tells what a response answers",
		clause: "RFC 7252 §5.3.2", frame: "received matches nothing", next: "send the token back as it is", action: "Send without token",
		plant: func(t *testing.T, d *desk) {
			d.Tab().Draft.Type = protocol.NonConfirmable
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				m := a.content()
				m.Token = protocol.Token{}
				p.send(m, a.from)
			})))
		},
	},
	{
		name: "from another port", title: "The answer came from port", text: "has the token of the request", clause: "RFC 7252 §5.3.2",
		frame: "received matches nothing", next: "Ask on the other one", action: "Send to port",
		plant: func(t *testing.T, d *desk) {
			p, other := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) { other.send(a.content(), a.from) })))
		},
	},
	{
		name: "from another address", title: "The answer came from 127.0.0.2:", text: "which went to 127.0.0.1:", clause: "RFC 7252 §5.3.2",
		frame: "received matches nothing", next: "Ask at the other address", action: "Send to 127.0.0.2:",
		plant: func(t *testing.T, d *desk) {
			p, other := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.2:0")
			asks(d, uriOf(p.serve(func(a arrival) { other.send(a.content(), a.from) })))
		},
	},
	{
		name: "DTLS", title: "The device speaks DTLS on this port", text: "begins with 15 fe fd, as a record of DTLS 1.2 alert (unexpected_message) does",
		clause: "RFC 7252 §9.1", frame: "received ✖", next: "coaps://", action: "Send with coaps",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				p.write([]byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 10}, a.from)
			})))
		},
	},
	{
		name: "a reply that cannot be read", title: "A reply came that cannot be read", text: "at byte 8 of 9",
		clause: "RFC 7252 §3", frame: "received ✖", next: "Whoever makes the device", action: "",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				m := a.content()
				m.Payload = nil
				b, _ := m.Append(nil)
				p.write(append(b, 0xff), a.from) // a marker, and no payload
			})))
		},
	},
	{
		name: "a critical option in the answer", title: "The answer has a critical option that is not understood: 65001 (65001)", text: "must be rejected",
		clause: "RFC 7252 §5.4.1", frame: "received text", next: "The packet shows the option",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				m := a.content()
				m.Options = m.Options.Add(65001, []byte{1})
				p.send(m, a.from)
			})))
		},
	},
	{
		name: "too late", title: "The answer came too late", text: "after it was given up", clause: "RFC 7252 §4.8.2",
		frame: "received text", next: "longer ACK_TIMEOUT", action: "Wait twice as long",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0").serve(nil)
			asks(d, uriOf(p))
			a := <-p.came
			p.send(a.content(), a.from)
			d.until("the late answer", func() bool { return d.Engine.Log().Len() == 3 && d.Traffic.Total() == 3 })
		},
	},
	{
		name: "acknowledged only", certainty: view.Likely, title: "The device has the request, and its response has not come", text: "acknowledged it after",
		clause: "RFC 7252 §5.2.2", frame: "received acknowledges #1", next: "may still work on it", action: "Wait twice as long",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				p.send(protocol.Message{Type: protocol.Acknowledgement, MessageID: a.MessageID}, a.from)
			})))
		},
	},
	{
		name: "silence on this computer", certainty: view.Likely, title: "A program on this computer has the port, and does not answer", text: "Sent 2 times in",
		clause: "RFC 7252 §4.2", frame: "sent ↻ retransmission 1 of #1", next: "does it speak CoAP", action: "Send again",
		plant: func(t *testing.T, d *desk) { asks(d, uriOf(listen(t, "127.0.0.1:0"))) },
	},
	{
		name: "silence after an answer", certainty: view.Likely, title: "The device was there, and is silent now", text: "It was heard last with #",
		clause: "RFC 7252 §4.2", frame: "received text", next: "It may sleep", action: "Send again",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			answered := false
			p.serve(func(a arrival) {
				if !answered {
					p.send(a.content(), a.from)
				}
				answered = true
			})
			asks(d, uriOf(p))
			asks(d, uriOf(p))
		},
	},
	{
		name: "a NON that is lost", certainty: view.Likely, title: "A Non-confirmable request is sent once, and may be lost", text: "Nobody repeats it",
		clause: "RFC 7252 §4.3", frame: "sent /x", next: "Confirmable", action: "Send as CON",
		plant: func(t *testing.T, d *desk) {
			d.Tab().Draft.Type = protocol.NonConfirmable
			asks(d, uriOf(listen(t, "127.0.0.1:0")))
		},
	},
	{
		name: "the port of DTLS", certainty: view.Likely, title: "Port 5684 is for DTLS, and the request is plain CoAP", text: "drops what is no DTLS record",
		clause: "RFC 7252 §12.7", frame: "sent /x", next: "coaps://", action: "Send with coaps",
		plant: func(t *testing.T, d *desk) { asks(d, uriOf(listen(t, "127.0.0.61:5684"))) },
	},
	{
		name: "a message that is too big", certainty: view.Likely, title: "The message may be too big for the way, or for the device", text: "1500, so that it goes in fragments",
		clause: "RFC 7252 §4.6", frame: "sent /x", next: "smaller blocks", action: "Send in smaller blocks",
		plant: func(t *testing.T, d *desk) {
			for range 7 {
				d.Tab().Draft.Options = append(d.Tab().Draft.Options, draft.Option{Number: protocol.URIQuery, Text: strings.Repeat("q", 255)})
			}
			asks(d, uriOf(listen(t, "127.0.0.1:0")))
		},
	},
	{
		name: "a proxy without an answer", title: "got no answer from coap://[2001:db8::7]", text: "is 5.04 Gateway Timeout", clause: "RFC 7252 §5.9.3.5",
		frame: "received Gateway Timeout", next: "without the proxy", action: "Send again",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			d.Tab().Draft.Options = []draft.Option{{Number: protocol.ProxyURI, Text: "coap://[2001:db8::7]/far"}}
			asks(d, uriOf(p.serve(func(a arrival) {
				m := a.content()
				m.Code, m.Payload = protocol.GatewayTimeout, nil
				p.send(m, a.from)
			})))
		},
	},
	{
		name: "a proxy that says nothing", certainty: view.Likely, title: "The proxy says nothing", text: "went to 127.0.0.1:", clause: "RFC 7252 §5.7.2",
		frame: "sent", next: "without the proxy", action: "Send without proxy",
		plant: func(t *testing.T, d *desk) {
			d.Tab().Draft.Options = []draft.Option{{Number: protocol.ProxyURI, Text: "coap://[2001:db8::7]/far"}}
			asks(d, uriOf(listen(t, "127.0.0.1:0")))
		},
	},
	{
		name: "asked too often", title: "The device is asked too often", text: "is 4.29", clause: "RFC 8516 §4",
		frame: "received Too Many Requests", next: "Wait 30 s", action: "Send again",
		plant: func(t *testing.T, d *desk) {
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) {
				m := a.content()
				m.Code, m.Payload = protocol.TooManyRequests, nil
				m.Options = m.Options.AddUint(protocol.MaxAge, 30)
				p.send(m, a.from)
			})))
		},
	},
	{
		name: "lost on purpose", title: "Lost on purpose", text: "let none of 2 transmissions out", frame: "sent ⚡ lost",
		next: "Make the network good again", action: "Good network, send again",
		plant: func(t *testing.T, d *desk) {
			if err := d.SetFaults("lose sent"); err != nil {
				t.Fatal(err)
			}
			asks(d, uriOf(listen(t, "127.0.0.1:0")))
		},
	},
	{
		name: "an answer lost on purpose", title: "The answer came, and was lost on purpose", text: "taken away by the bad network", frame: "received ⚡ lost",
		next: "Make the network good again", action: "Good network, send again",
		plant: func(t *testing.T, d *desk) {
			if err := d.SetFaults("lose received"); err != nil {
				t.Fatal(err)
			}
			p := listen(t, "127.0.0.1:0")
			asks(d, uriOf(p.serve(func(a arrival) { p.send(a.content(), a.from) })))
		},
	},
	{
		name: "no response is wanted", title: "The request asks for no response", text: "No-Response is 26: the server is not to answer with 2.xx, 4.xx, 5.xx", clause: "RFC 7967 §2.1",
		frame: "sent /x", next: "Take the option No-Response out", action: "Send without No-Response",
		plant: func(t *testing.T, d *desk) {
			d.Tab().Draft.Type = protocol.NonConfirmable
			d.Tab().Draft.Options = []draft.Option{{Number: protocol.NoResponse, Text: "26"}}
			asks(d, uriOf(listen(t, "127.0.0.1:0")))
		},
	},
}

// Every planted cause is the first thing said, with the packet that shows it, the clause and what to do.
func TestWhyNoAnswer(t *testing.T) {
	for _, c := range causes {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS != "linux" && (c.name == "nothing has the port" || c.name == "no route" || strings.Contains(c.plantAddresses(), "127.0.0.2")) {
				t.Skip("only Linux tells an unconnected socket of ICMP errors, and has all of 127.0.0.0/8 as its own")
			}
			d := alone(t, hasty())
			c.plant(t, d)
			y, ok := d.Why(d.Tab())
			if !ok || y.Open || len(y.Clues) == 0 {
				t.Fatalf("nothing is said: %+v", d.Tab().Answer)
			}
			checkClue(t, d, &c, y.Clues[0])
			if !slices.IsSortedFunc(y.Clues, func(a, b view.Clue) int { return int(a.Certainty) - int(b.Certainty) }) {
				t.Errorf("not in order:\n%s", y.Text())
			}
			if y.Headline == "" || !strings.Contains(y.Text(), c.title) {
				t.Errorf("headline %q", y.Headline)
			}
			// The same from the packets alone, where something was sent.
			a := d.Tab().Answer
			if i := d.Unanswered(a.Sent); a.Sent != 0 && i == 0 {
				t.Error("the exchange passes for answered")
			} else if y, ok := d.WhyExchange(i); a.Sent != 0 && (!ok || !strings.Contains(y.Clues[0].Title, c.title)) {
				t.Errorf("of the exchange is said\n%s", y.Text())
			}
			if t.Failed() {
				t.Log(y.Text())
			}
		})
	}
}

// plantAddresses names what of loopback a cause needs.
func (c *planted) plantAddresses() string { return c.title + c.name }

func checkClue(t *testing.T, d *desk, c *planted, clue view.Clue) {
	t.Helper()
	if clue.Certainty != c.certainty || !strings.Contains(clue.Title, c.title) {
		t.Errorf("%v: %q, want %v: %q", clue.Certainty, clue.Title, c.certainty, c.title)
	}
	if !strings.Contains(clue.Text, c.text) {
		t.Errorf("text %q lacks %q", clue.Text, c.text)
	}
	if clue.Clause != c.clause {
		t.Errorf("clause %q, want %q", clue.Clause, c.clause)
	}
	if !strings.Contains(clue.Next, c.next) {
		t.Errorf("next step %q lacks %q", clue.Next, c.next)
	}
	label := ""
	if len(clue.Actions) > 0 {
		label = clue.Actions[0].Label()
	}
	if !strings.HasPrefix(label, c.action) || (label == "") != (c.action == "") {
		t.Errorf("action %q, want %q", label, c.action)
	}
	frame := ""
	if f := d.Traffic.Frame(clue.Frame); f != nil {
		frame = f.Direction.String() + " " + d.Traffic.Row(int(clue.Frame)-1).Summary
	}
	if direction, summary, _ := strings.Cut(c.frame, " "); !strings.HasPrefix(frame, direction) || !strings.Contains(frame, summary) || (frame == "") != (c.frame == "") {
		t.Errorf("frame #%d is %q, want %q", clue.Frame, frame, c.frame)
	}
}

// Where there is an answer there is nothing to explain.
func TestWhyOfAnswers(t *testing.T) {
	d := sitDown(t)
	if _, ok := d.Why(d.Tab()); ok || d.WhyOffered(d.Tab()) {
		t.Error("why nothing was asked is explained")
	}
	for _, path := range []string{"/validate", "/none", "/separate", "/large"} {
		a := d.ask(protocol.GET, d.address("plugtest")+path, "")
		if y, ok := d.Why(d.Tab()); ok || d.WhyOffered(d.Tab()) {
			t.Errorf("%s: %s", path, y.Text())
		}
		if d.Unanswered(a.Sent) != 0 {
			t.Errorf("%s: the exchange passes for unanswered", path)
		}
		if y, ok := d.WhyExchange(1); ok {
			t.Errorf("%s: %s", path, y.Text())
		}
	}
	if _, ok := d.WhyExchange(99); ok || d.Unanswered(0) != 0 {
		t.Error("what is no exchange is explained")
	}
}

// What was looked for and not found is said too.
func TestWhySaysWhatIsRuledOut(t *testing.T) {
	d := alone(t, hasty())
	asks(d, uriOf(listen(t, "127.0.0.1:0")))
	y, _ := d.Why(d.Tab())
	var ruledOut []string
	for _, c := range y.Clues {
		if c.Certainty == view.RuledOut {
			ruledOut = append(ruledOut, c.Title)
		}
	}
	want := []string{
		"The system had a route and sent it", "No ICMP error came", "No Reset came", "No answer with another token came",
		"Nothing came from another port of this host", "No late answer came",
	}
	if runtime.GOOS == "linux" && !slices.Equal(ruledOut, want) {
		t.Errorf("ruled out: %q, want %q", ruledOut, want)
	}
}

// While a request waits, what is known so far can be asked for as soon as the first timeout has passed.
func TestWhyWhileItWaits(t *testing.T) {
	slow := hasty()
	slow.MaxRetransmit = 12
	d := alone(t, slow)
	tab := d.Tab()
	tab.Draft.Address = uriOf(listen(t, "127.0.0.1:0")) + "/x"
	d.Send()
	d.until("a retransmission", func() bool { return tab.Last != nil && tab.Last.Attempt > 1 && d.WhyOffered(tab) })
	y, ok := d.Why(tab)
	if !ok || !y.Open || y.Clues[0].Title != "A program on this computer has the port, and does not answer" {
		t.Errorf("%s", y.Text())
	}
	if y, ok := d.WhyExchange(d.Unanswered(tab.Last.Frame)); !ok || !y.Open {
		t.Errorf("of the exchange: %s", y.Text())
	}
	// Another to the same device waits for the first (NSTART).
	other := d.NewTab()
	other.Draft.Address = tab.Draft.Address
	d.Send()
	d.until("the queue", func() bool { return other.Waits != "" })
	y, ok = d.Why(other)
	if c := y.Clues[0]; !ok || !y.Open || !d.WhyOffered(other) || c.Title != "Not sent yet" || c.Clause != "RFC 7252 §4.7" || !strings.Contains(c.Text, "NSTART") {
		t.Errorf("%s", y.Text())
	}
	d.Cancel()
	d.until("the end", d.idle)
	y, _ = d.Why(other)
	if y.Clues[0].Title != "Cancelled" || y.Clues[1].Title != "It was never sent" {
		t.Errorf("%s", y.Text())
	}
}

// A device that has asked to wait is waited for.
func TestWhyHeldBack(t *testing.T) {
	d := alone(t, hasty())
	p := listen(t, "127.0.0.1:0")
	p.serve(func(a arrival) {
		m := a.content()
		m.Code, m.Payload = protocol.TooManyRequests, nil
		p.send(m, a.from)
	})
	asks(d, uriOf(p))
	if !d.WhyOffered(d.Tab()) {
		t.Error("4.29 is not explained")
	}
	d.Send()
	d.until("being held back", func() bool { return d.Tab().Waits != "" })
	y, ok := d.Why(d.Tab())
	if c := y.Clues[0]; !ok || !y.Open || c.Title != "Held back: the device asked to wait" || c.Clause != "RFC 8516 §4" || !strings.Contains(c.Text, "Max-Age") && !strings.Contains(c.Text, "60 s") {
		t.Errorf("%s", y.Text())
	}
}

// Errors without packets, as the engine gives them.
func TestWhyOfErrors(t *testing.T) {
	icmp := func(e transport.ICMPError) error { return &exchange.UnreachableError{Err: &e} }
	for _, c := range []struct {
		err               error
		title, next, text string
	}{
		{exchange.ErrCancelled, "Cancelled", "Send it again", ""},
		{&exchange.TimeoutError{Attempts: 5, Waited: time.Minute}, "Nothing came back", "address right", "sent 5 times in 60 s"},
		{exchange.ErrReset, "rejected the message with a Reset", "", ""},
		{exchange.ErrLongToken, "rejected the message with a Reset", "at most 8 bytes", "longer than 8 bytes"},
		{&exchange.CriticalOptionError{Option: 65001, Problem: "is not known"}, "65001", "The packet shows", "is not known"},
		{fmt.Errorf("all of them: %w", session.ErrGroup), "192.0.2.7 reaches many", "Discover", ""},
		{icmp(transport.ICMPError{Type: 3, Code: 3}), "Nothing listens on port 5684 of 192.0.2.7", "is the program", "Port unreachable"},
		{icmp(transport.ICMPError{Type: 3, Code: 1}), "does not deliver to 192.0.2.7", "switched on", "Host unreachable"},
		{icmp(transport.ICMPError{Type: 3, Code: 13}), "A firewall does not let it through", "has to allow", ""},
		{icmp(transport.ICMPError{Type: 3, Code: 4, MTU: 1280}), "too big for the way", "smaller blocks", "1280 bytes"},
		{icmp(transport.ICMPError{IPv6: true, Type: 1, Code: 1}), "A firewall does not let it through", "has to allow", "ICMPv6"},
		{&exchange.UnreachableError{Err: errTest}, "Not sent", "connected", "a failure"},
		{fmt.Errorf("host: %w", &net.DNSError{Err: "no such host", Name: "nowhere.test", IsNotFound: true}), "nowhere.test: no such host", "how the name is written", ""},
		{fmt.Errorf("host: %w", &net.DNSError{Err: "i/o timeout", Name: "nowhere.test"}), "nowhere.test: i/o timeout", "Try again", ""},
		{&fs.PathError{Op: "stat", Path: "none.bin", Err: fs.ErrNotExist}, "none.bin: file does not exist", "under Payload", ""},
		{errTest, "a failure", "Change the request", ""},
	} {
		d := alone(t, hasty())
		d.Tab().Answer = &view.Answer{Err: c.err, To: netip.MustParseAddrPort("192.0.2.7:5684")}
		y, ok := d.Why(d.Tab())
		if !ok {
			t.Errorf("%v: nothing is said", c.err)
			continue
		}
		if got := y.Clues[0]; !strings.Contains(got.Title, c.title) || !strings.Contains(got.Next, c.next) || !strings.Contains(got.Text, c.text) || got.Frame != trace.Seq(0) {
			t.Errorf("%v: %+v", c.err, got)
		}
	}
}
