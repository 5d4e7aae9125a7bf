package exchange

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

// A playbook is the transcript of a story: at a time in seconds something happens to the machine
// (">"), and the machine says something. Between the lines the machine is called whenever its
// deadline comes. The test plays the lines with ">" and compares the whole transcript.
//
//	> send ID CON|NON [to PEER] [open] [multicast] [selfpaced] [timeout S] [mid N] [reuse] [token HEX] [noresponse N] [SETTING=VALUE]...
//	> ping ID [SETTING=VALUE]..., > cancel ID, > reject ID
//	> unreachable ID [N]   (an ICMP error that quotes 8 or N bytes), > unreachable answer   (that quotes the last ACK or RST)
//	> set [of PEER] SETTING=VALUE..., > unset of PEER   (ack, factor, retransmit, nstart, probing; mids, tokens, length, recycle)
//	> show   (from now on, what Sent says)
//	> from PEER TYPE CODE MID [TOKEN] [option N=HEX]... [group]   (m1, t1: message ID and token of exchange 1)
//	> bytes PEER HEX
//	> end        (runs on; afterwards all tables must be empty)
var peers = map[string]netip.AddrPort{
	"a":     netip.MustParseAddrPort("192.0.2.1:5683"),
	"a2":    netip.MustParseAddrPort("192.0.2.1:5684"), // the host of a, another port
	"b":     netip.MustParseAddrPort("[2001:db8::2]:5683"),
	"group": netip.MustParseAddrPort("224.0.1.187:5683"),
}

func peerName(a netip.AddrPort) string {
	for name, peer := range peers {
		if peer == a {
			return name
		}
	}
	return a.String()
}

// counting gives 1<<32, 2<<32, ...: tokens 00000001, 00000002, and timeouts of ACK_TIMEOUT.
type counting struct{ n uint64 }

func (c *counting) Uint64() uint64 { c.n++; return c.n << 32 }

// constant gives always the same.
type constant uint64

func (c constant) Uint64() uint64 { return uint64(c) }

// steps gives multiples of a number.
type steps struct{ by, n uint64 }

func (s *steps) Uint64() uint64 { s.n += s.by; return s.n }

type player struct {
	t     *testing.T
	m     *Machine
	epoch time.Time
	now   time.Duration
	sent  map[ID]Sent
	data  map[ID][]byte
	reply Transmit // the last ACK or RST
	shows bool
	frame uint64
	lines []string
}

func newPlayer(t *testing.T, source rand.Source) *player {
	if source == nil {
		source = &counting{}
	}
	return &player{
		t: t, m: NewMachine(Config{Rand: source}), epoch: time.Unix(1e9, 0), sent: map[ID]Sent{}, data: map[ID][]byte{},
	}
}

func (p *player) say(format string, args ...any) {
	p.lines = append(p.lines, strconv.FormatFloat(p.now.Round(time.Microsecond).Seconds(), 'f', -1, 64)+" "+fmt.Sprintf(format, args...))
}

// run lets time pass until then, calling the machine at each deadline.
func (p *player) run(until time.Duration) {
	for {
		at, ok := p.m.Deadline()
		if !ok || at.Sub(p.epoch) > until {
			break
		}
		p.now = max(p.now, at.Sub(p.epoch))
		p.handle(Tick{})
	}
	p.now = until
}

func (p *player) handle(in Input) {
	for _, out := range p.m.Handle(p.epoch.Add(p.now), in, nil) {
		p.output(out)
	}
	if err := audit(p.m); err != nil {
		p.t.Fatalf("at %v: %v", p.now, err)
	}
}

func (p *player) output(out Output) {
	seconds := func(d time.Duration) string {
		return strconv.FormatFloat(d.Round(time.Microsecond).Seconds(), 'f', -1, 64)
	}
	switch o := out.(type) {
	case Sent:
		p.sent[o.ID] = o
		if p.shows {
			p.say("%d: message ID %d, token %s", o.ID, o.MessageID, o.Token)
		}
	case Transmit:
		switch o.Kind {
		case KindAcknowledgement, KindReset:
			p.reply = o
			var m protocol.Message
			if err := m.Parse(o.Data); err != nil || !m.IsEmpty() || m.Type.String() != o.Kind.String() {
				p.t.Fatalf("%s is %x: %v", o.Kind, o.Data, err)
			}
			if o.Answers != p.frame {
				p.t.Errorf("%s answers frame %d, not %d", o.Kind, o.Answers, p.frame)
			}
			p.say("%s %d to %s", o.Kind, m.MessageID, peerName(o.To))
		default:
			var m protocol.Message
			err := m.ParseExtended(o.Data)
			s, ok := p.sent[o.ID]
			if err != nil || !ok || m.MessageID != s.MessageID || m.Token != s.Token {
				p.t.Fatalf("transmits %v (%v), but Sent says %v", m, err, s)
			}
			if o.Attempt > 1 && string(p.data[o.ID]) != string(o.Data) {
				p.t.Fatalf("retransmission differs")
			}
			p.data[o.ID] = o.Data
			next := ""
			if !o.Next.IsZero() {
				next = ", next " + seconds(o.Next.Sub(p.epoch))
			}
			p.say("%d: %s %s %d/%d to %s%s", o.ID, m.Type, o.Kind, o.Attempt, o.Of, peerName(o.To), next)
		}
	case Queued:
		switch {
		case o.Why == WaitsForTurn:
			p.say("%d: queued behind %d", o.ID, o.Ahead)
		case o.Until.IsZero():
			p.say("%d: waits for %s", o.ID, o.Why)
		default:
			p.say("%d: waits for %s until %s", o.ID, o.Why, seconds(o.Until.Sub(p.epoch)))
		}
	case TokenShortened:
		p.say("%d: token shortened from %d to %d", o.ID, o.From, o.To)
	case Suppressed:
		how := "not acknowledged"
		if o.Acknowledged {
			how = "acknowledged after " + seconds(o.RTT)
		}
		p.say("%d: suppressed, %s", o.ID, how)
	case Acknowledged:
		p.say("%d: acknowledged after %s", o.ID, seconds(o.RTT))
	case Response:
		how := "separate"
		if o.Piggybacked {
			how = "piggybacked"
		}
		if o.Open {
			how += fmt.Sprintf(" no. %d from %s", o.Count, peerName(o.From))
		}
		p.say("%d: response %s %s after %s, %d sent", o.ID, o.Message.Code.Dotted(), how, seconds(o.RTT), o.Attempts)
	case Pong:
		p.say("%d: pong %s after %s", o.ID, o.Type, seconds(o.RTT))
	case Collected:
		p.say("%d: collected %d", o.ID, o.Responses)
	case Failed:
		p.say("%d: failed: %s", o.ID, o.Err)
	case Duplicate:
		differs := ""
		if o.Differs {
			differs = " that differs"
		}
		p.say("%d: duplicate%s of frame %d", o.ID, differs, o.First)
	case Unmatched:
		p.say("%d: unmatched: %s", o.ID, o.Reason)
	case Malformed:
		p.say("malformed: %s", o.Err.Reason)
	default:
		p.t.Fatalf("unknown output %T", out)
	}
}

// do plays one line behind ">".
func (p *player) do(line string) {
	w := strings.Fields(line)
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		return n
	}
	switch w[0] {
	case "send":
		s := Send{ID: ID(number(w[1])), To: peers["a"], Message: protocol.Message{Code: protocol.GET}}
		for i := 2; i < len(w); i++ {
			switch w[i] {
			case "CON", "NON", "ACK", "RST":
				s.Message.Type = types[w[i]]
			case "code":
				i++
				s.Message.Code = p.code(w[i])
			case "to":
				i++
				s.To = peers[w[i]]
			case "open":
				s.KeepOpen = true
			case "multicast":
				s.Multicast, s.To = true, peers["group"]
			case "timeout":
				i++
				s.Timeout = time.Duration(number(w[i])) * time.Second
			case "mid":
				i++
				s.FixedMessageID, s.Message.MessageID = true, protocol.MessageID(number(w[i]))
			case "token":
				i++
				s.FixedToken, s.Message.Token = true, p.token(w[i])
			case "reuse":
				s.ReuseMessageID = true
			case "selfpaced":
				s.SelfPaced = true
			case "noresponse":
				i++
				s.Message.Options = s.Message.Options.AddUint(protocol.NoResponse, uint64(number(w[i])))
			default:
				if strings.Contains(w[i], "=") {
					s.Transmission, s.Identifiers = p.settings(w[i:])
					i = len(w)
					break
				}
				p.t.Fatalf("%q: what is %q?", line, w[i])
			}
		}
		p.handle(s)
	case "ping":
		t, _ := p.settings(w[2:])
		p.handle(Ping{ID: ID(number(w[1])), To: peers["a"], Transmission: t})
	case "cancel":
		p.handle(Cancel{ID: ID(number(w[1]))})
	case "reject":
		p.handle(Reject{ID: ID(number(w[1]))})
	case "unreachable":
		u := Unreachable{Err: errors.New("port unreachable")}
		if w[1] == "answer" {
			u.To, u.Quote = p.reply.To, p.reply.Data
		} else {
			id, n := ID(number(w[1])), 8
			if len(w) > 2 {
				n = number(w[2])
			}
			u.To, u.Quote = p.sent[id].To, p.data[id][:n]
		}
		p.handle(u)
	case "set", "unset":
		var to netip.AddrPort
		if len(w) > 2 && w[1] == "of" {
			to = peers[w[2]]
			w = w[2:]
		}
		t, i := p.settings(w[1:])
		if to.IsValid() {
			p.m.SetTransmissionOf(to, t)
			p.m.SetIdentifiersOf(to, i)
		} else {
			if t != nil {
				p.m.SetTransmission(*t)
			}
			if i != nil {
				p.m.SetIdentifiers(*i)
			}
		}
		p.handle(Tick{})
	case "show":
		p.shows = true
	case "from":
		var m protocol.Message
		m.Type = types[w[2]]
		m.Code = p.code(w[3])
		if id, ok := strings.CutPrefix(w[4], "m"); ok {
			m.MessageID = p.sent[ID(number(id))].MessageID
		} else {
			m.MessageID = protocol.MessageID(number(w[4]))
		}
		d := Datagram{From: peers[w[1]]}
		for i := 5; i < len(w); i++ {
			if w[i] == "group" {
				d.Multicast = true
			} else if n, value, ok := strings.Cut(w[i], "="); ok {
				b, _ := hex.DecodeString(value)
				m.Options = m.Options.Add(protocol.OptionNumber(number(n)), b)
			} else {
				m.Token = p.token(w[i])
			}
		}
		b, err := m.Append(nil)
		if err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		d.Data = b
		p.datagram(d)
	case "bytes":
		b, err := hex.DecodeString(w[2])
		if err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		p.datagram(Datagram{From: peers[w[1]], Data: b})
	case "end":
		if n := tableSize(p.m); n != "" {
			p.t.Errorf("left over at the end: %s", n)
		}
	default:
		p.t.Fatalf("%q: what is that?", line)
	}
}

// settings reads SETTING=VALUE words; nil for those of which there are none.
func (p *player) settings(words []string) (*protocol.Transmission, *Identifiers) {
	t, i := protocol.DefaultTransmission(), Identifiers{}
	hasT, hasI := false, false
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		n, err := strconv.ParseFloat(value, 64)
		transmission := true
		switch key {
		case "ack":
			t.AckTimeout = time.Duration(n * float64(time.Second))
		case "factor":
			t.AckRandomFactor = n
		case "retransmit":
			t.MaxRetransmit = int(n)
		case "nstart":
			t.NStart = int(n)
		case "probing":
			t.ProbingRate = n
		default:
			transmission = false
			switch key {
			case "mids":
				i.MessageIDs, err = RandomMessageIDs, nil
			case "tokens":
				i.Tokens, err = map[string]TokenPolicy{"random": RandomTokens, "sequential": SequentialTokens, "empty": EmptyTokens}[value], nil
			case "length":
				i.TokenLength = int(n)
			case "recycle":
				i.Recycle, err = true, nil
			default:
				err = errors.New("no such setting")
			}
		}
		if err != nil {
			p.t.Fatalf("%q: %v", word, err)
		}
		hasT, hasI = hasT || transmission, hasI || !transmission
	}
	var own *protocol.Transmission
	var ids *Identifiers
	if hasT {
		own = &t
	}
	if hasI {
		ids = &i
	}
	return own, ids
}

func (p *player) datagram(d Datagram) {
	p.frame++
	d.Frame = p.frame
	p.handle(d)
}

var types = map[string]protocol.Type{"CON": 0, "NON": 1, "ACK": 2, "RST": 3}

func (p *player) code(s string) protocol.Code {
	class, detail, _ := strings.Cut(s, ".")
	c, errC := strconv.Atoi(class)
	d, errD := strconv.Atoi(detail)
	if errC != nil || errD != nil {
		p.t.Fatalf("code %q", s)
	}
	return protocol.MakeCode(uint8(c), uint8(d))
}

func (p *player) token(s string) protocol.Token {
	if id, ok := strings.CutPrefix(s, "t"); ok {
		n, _ := strconv.Atoi(id)
		return p.sent[ID(n)].Token
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		p.t.Fatalf("token %q: %v", s, err)
	}
	return protocol.TokenOf(b)
}

// tableSize describes what the machine remembers; "" for nothing.
func tableSize(m *Machine) string {
	counts := []int{
		len(m.peers), len(m.groups), len(m.open), len(m.sent), len(m.tokens), m.received,
		len(m.timers), len(m.expiries), len(m.starving),
	}
	for _, n := range counts {
		if n != 0 {
			return fmt.Sprintf("peers, groups, open, sent, tokens, received, timers, expiries, starving: %v", counts)
		}
	}
	return ""
}

func play(t *testing.T, source rand.Source, script string) {
	t.Helper()
	p := newPlayer(t, source)
	var want []string
	for _, line := range strings.Split(script, "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		want = append(want, strings.Join(f, " "))
		if f[1] == ">" {
			at, err := strconv.ParseFloat(f[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			p.run(time.Duration(at*1e6) * time.Microsecond)
			action := strings.Join(f[2:], " ")
			p.say("> %s", action)
			p.do(action)
		}
	}
	for i, line := range p.lines {
		line = strings.Join(strings.Fields(line), " ")
		switch {
		case i >= len(want):
			t.Fatalf("more than the playbook has: %s\n\nthe whole transcript:\n%s", line, strings.Join(p.lines, "\n"))
		case want[i] != line:
			t.Fatalf("want %s\n got %s\n\nthe whole transcript:\n%s", want[i], line, strings.Join(p.lines, "\n"))
		}
	}
	if len(want) > len(p.lines) {
		t.Fatalf("missing: %s\n\nthe whole transcript:\n%s", want[len(p.lines)], strings.Join(p.lines, "\n"))
	}
}
