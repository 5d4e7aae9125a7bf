package qblock

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

//go:embed testdata/figures.txt
var figures string

// figure gives the lines of figures of RFC 9177.
func figure(t *testing.T, numbers ...int) (text string) {
	t.Helper()
	for _, n := range numbers {
		_, after, ok := strings.Cut(figures, fmt.Sprintf("-- Figure %d --\n", n))
		if !ok {
			t.Fatalf("figure %d is missing", n)
		}
		lines, _, _ := strings.Cut(after, "-- Figure")
		text += lines
	}
	return text
}

// middle is a random source in the middle: NON_TIMEOUT_RANDOM is 2.5 s.
type middle struct{}

func (middle) Uint64() uint64 { return 1 << 63 }

const timeoutRandom = 2500 * time.Millisecond

// body gives n bytes in which each block differs from any other.
func body(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + i>>16)
	}
	return b
}

// lastBlock is the size of the last block of bodies in stories.
const lastBlock = 100

// story plays a flow as the RFC prints it against a transfer.
type story struct {
	t        *testing.T
	transfer *Transfer
	now      time.Time
	at       int // line
	line     string

	tokens map[string]Number // by T and M of the story
	up     []byte            // the request's body
	bodies map[string]int    // sizes of the responses' bodies, by ET
	due    []Output          // outputs that no line has taken yet
	heard  time.Time         // when the last payload went one of both ways
	ends   []Output          // Done, FallBack and Failed
}

var (
	arrow   = regexp.MustCompile(`^(?:request:|\+-+>[|X]|\|<-+\+|X<-+\+)\s*\|?\s*(.*)$`)
	option  = regexp.MustCompile(`(O|RT|ET|T|M|QB1|QB2|Missing|CF|B2|MA)[:=]?\s?([0-9a-fx/,]+)`)
	trimmed = regexp.MustCompile(`\\\n[^A-Z]*`)
	expires = regexp.MustCompile(`\[\[(?:(\d+) \* )?(NON_\w+|MAX_\w+|[\d.]+ s) \((client|server)\) delay expires`)
)

// parsed is a line of a story.
type parsed struct {
	down, lost, detailed bool
	typ, code            string
	fields               map[string]string
	asks                 []string // values of QB2
	rest                 string
}

func parse(line string) (p parsed, ok bool) {
	m := arrow.FindStringSubmatch(line)
	if m == nil {
		return p, false
	}
	p.down = strings.Contains(line, "<-")
	p.lost = strings.Contains(line, ">X") || strings.HasPrefix(line, "X<")
	p.rest = strings.TrimSpace(m[1])
	p.detailed = !strings.HasPrefix(p.rest, "[[")
	p.fields = map[string]string{}
	if !p.detailed {
		return p, true
	}
	words := strings.Fields(p.rest)
	p.typ, p.code = words[0], words[1]
	for _, f := range option.FindAllStringSubmatch(strings.Join(words[2:], " "), -1) {
		p.fields[f[1]] = f[2]
		if f[1] == "QB2" {
			p.asks = append(p.asks, f[2])
		}
	}
	return p, true
}

// trim leaves what a line begins with away, so that it begins with its arrow or comment.
func trim(line string) string {
	line = strings.TrimLeft(line, "\t (")
	if i := strings.Index(line, "X<"); i >= 0 {
		return line[i:]
	}
	return line
}

// lines gives the lines of a flow, trimmed, with those that are "not detailed" in detail.
func lines(t *testing.T, text string) (all []string) {
	t.Helper()
	raw := strings.Split(trimmed.ReplaceAllString(text, " "), "\n")
	before := ""
	for i, line := range raw {
		if line = trim(line); line == "" {
			continue
		}
		if p, ok := parse(line); ok && !p.detailed {
			from, _ := parse(before)
			to, _ := parse(trim(raw[i+1]))
			name := "QB1"
			if p.down {
				name = "QB2"
			}
			first, last := num(from.fields[name]), num(to.fields[name])
			for n := first + 1; n < last; n++ {
				x := strings.Replace(before, fmt.Sprintf("%s:%d/", name, first), fmt.Sprintf("%s:%d/", name, n), 1)
				if !p.down {
					token, err := strconv.ParseUint(from.fields["T"], 0, 64)
					if err != nil {
						t.Fatal(err)
					}
					x = strings.Replace(x, "T:"+from.fields["T"], fmt.Sprintf("T:%#x", int(token)+n-first), 1)
				}
				if p.lost {
					x = strings.Replace(x, "|<---------+", "X<---+", 1)
				} else {
					x = strings.Replace(x, "X<---+", "|<---------+", 1)
				}
				all = append(all, x)
			}
			continue
		}
		before = line
		all = append(all, line)
	}
	return all
}

func num(block string) int {
	n, _ := strconv.Atoi(strings.Split(block, "/")[0])
	return n
}

func parseBlock(s string) protocol.Block {
	f := strings.Split(s, "/")
	size, _ := strconv.Atoi(f[2])
	return protocol.Block{Num: uint32(num(s)), More: f[1] == "1", SZX: protocol.SZXFor(size)}
}

// decimal gives a value of RT or ET as bytes.
func decimal(s string) []byte {
	n, _ := strconv.Atoi(s)
	return []byte{byte(n)}
}

// play plays a flow from its beginning: the first request of it is that of the transfer.
func play(t *testing.T, config Config, text string) *story {
	t.Helper()
	s := &story{t: t, now: time.Unix(1, 0), tokens: map[string]Number{}, bodies: map[string]int{}}
	all := lines(t, text)
	var first parsed
	for i, line := range all {
		p, ok := parse(line)
		if !ok {
			continue
		}
		if named := strings.TrimPrefix(line, "request: "); named != line { // where another message is sent first
			all[i] = ""
		}
		if first.fields == nil {
			first = p
		}
		if b, ok := p.fields["QB1"]; ok && !p.down && len(s.up) == 0 && parseBlock(b).More == false && parseBlock(b).Num > 0 {
			s.up = body(parseBlock(b).Offset() + lastBlock)
		}
		if b, ok := p.fields["QB2"]; ok && p.down && !parseBlock(b).More {
			s.bodies[p.fields["ET"]] = parseBlock(b).Offset() + lastBlock
		}
	}
	request := protocol.Message{Code: methods[first.code], Type: types[first.typ], Payload: s.up}
	request.Options = request.Options.Add(protocol.URIPath, []byte("path"))
	if _, ok := first.fields["O"]; ok {
		request.Options = request.Options.AddUint(protocol.Observe, 0)
	}
	if rt, ok := first.fields["RT"]; ok {
		config.RequestTag = decimal(rt)
	}
	config.Rand = middle{}
	s.transfer = New(config, request, nil, 0)
	for s.at, s.line = range all {
		s.step(s.line)
	}
	s.quiet()
	return s
}

var (
	methods = map[string]protocol.Code{"GET": protocol.GET, "PUT": protocol.PUT, "POST": protocol.POST, "FETCH": protocol.FETCH}
	types   = map[string]protocol.Type{"CON": protocol.Confirmable, "NON": protocol.NonConfirmable, "ACK": protocol.Acknowledgement}
)

func (s *story) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("line %d, %q: %s", s.at+1, s.line, fmt.Sprintf(format, args...))
}

// handle gives an input to the transfer.
func (s *story) handle(in Input) {
	for _, out := range s.transfer.Handle(s.now, in, nil) {
		switch out.(type) {
		case Send:
			s.due = append(s.due, out)
		case Done, FallBack, Failed:
			s.ends = append(s.ends, out)
		}
	}
}

// quiet makes sure that there is nothing to send now.
func (s *story) quiet() {
	s.t.Helper()
	if at, ok := s.transfer.Deadline(); ok && !at.After(s.now) {
		s.handle(Tick{})
	}
	if len(s.due) > 0 {
		s.fatalf("the transfer sends %s", s.describe(s.due[0].(Send).Message))
	}
}

func (s *story) step(line string) {
	s.t.Helper()
	if m := expires.FindStringSubmatch(line); m != nil {
		s.wait(m)
		return
	}
	if strings.Contains(line, "[[Observe triggered]]") {
		s.quiet()
		s.now = s.now.Add(time.Minute)
	}
	p, ok := parse(line)
	switch {
	case !ok:
	case p.typ == "ACK" && p.code == "0.00" && p.down:
		s.handle(Acknowledged{s.number(p)})
	case p.typ == "RST" && p.down:
		s.handle(Unanswered{To: s.number(p), Rejected: true, Err: errors.New("reset")})
	case p.down && p.lost:
	case p.down:
		s.receive(p)
	default:
		s.expect(p)
	}
}

// wait lets the time pass that a comment names.
func (s *story) wait(m []string) {
	s.t.Helper()
	times := 1
	if m[1] != "" {
		times, _ = strconv.Atoi(m[1])
	}
	span := map[string]time.Duration{
		"NON_TIMEOUT_RANDOM": timeoutRandom, "NON_RECEIVE_TIMEOUT": 4 * time.Second, "NON_MAX_RETRANSMIT": 64 * time.Second,
		"MAX_TRANSMIT_SPAN": 45 * time.Second,
	}[m[2]] * time.Duration(times)
	if seconds, ok := strings.CutSuffix(m[2], " s"); ok {
		span, _ = time.ParseDuration(seconds + "s")
	}
	s.quiet()
	if m[3] == "server" {
		s.now = s.now.Add(span)
		if at, ok := s.transfer.Deadline(); ok && !at.After(s.now) {
			s.fatalf("the transfer acts before, after %v", at.Sub(s.heard))
		}
		return
	}
	at, ok := s.transfer.Deadline()
	if !ok || at.Sub(s.heard) != span {
		s.fatalf("the deadline is %v after the last payload, want %v", at.Sub(s.heard), span)
	}
	s.now = at
}

func (s *story) number(p parsed) Number {
	s.t.Helper()
	n, ok := s.tokens["T"+p.fields["T"]]
	if _, named := p.fields["T"]; !named {
		n, ok = s.tokens["M"+p.fields["M"]]
	}
	if !ok {
		s.fatalf("no message was sent with the token")
	}
	return n
}

// receive gives a response to the transfer.
func (s *story) receive(p parsed) {
	s.t.Helper()
	if len(s.due) > 0 {
		s.fatalf("the transfer sends %s", s.describe(s.due[0].(Send).Message))
	}
	code, err := protocol.ParseCode(p.code)
	if err != nil {
		s.fatalf("%v", err)
	}
	m := protocol.Message{Type: types[p.typ], Code: code}
	add := func(n protocol.OptionNumber, value []byte) { m.Options = m.Options.Add(n, value) }
	if v, ok := p.fields["O"]; ok {
		n, _ := strconv.ParseUint(v, 10, 32)
		m.Options = m.Options.AddUint(protocol.Observe, n)
	}
	if v, ok := p.fields["ET"]; ok {
		add(protocol.ETag, decimal(v))
	}
	if v, ok := p.fields["QB1"]; ok {
		add(protocol.QBlock1, parseBlock(v).Value())
	}
	if v, ok := p.fields["B2"]; ok {
		add(protocol.Block2, parseBlock(v).Value())
	}
	if v, ok := p.fields["MA"]; ok {
		n, _ := strconv.ParseUint(v, 10, 32)
		m.Options = m.Options.AddUint(protocol.MaxAge, n)
	}
	if v, ok := p.fields["QB2"]; ok {
		b := parseBlock(v)
		whole := body(s.bodies[p.fields["ET"]])
		add(protocol.QBlock2, b.Value())
		m.Options = m.Options.AddUint(protocol.Size2, uint64(len(whole)))
		if len(whole) < b.Offset() {
			s.fatalf("the story has no last block")
		}
		m.Payload = whole[b.Offset():min(b.Offset()+b.Size(), len(whole))]
		s.heard = s.now
	}
	if v, ok := p.fields["Missing"]; ok {
		m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.MissingBlocks))
		for _, n := range strings.Split(v, ",") {
			n, _ := strconv.Atoi(n)
			m.Payload = appendCBOR(m.Payload, n)
		}
	}
	s.handle(Response{s.number(p), m})
}

func appendCBOR(b []byte, n int) []byte {
	switch {
	case n < 24:
		return append(b, byte(n))
	case n < 256:
		return append(b, 24, byte(n))
	case n < 1<<16:
		return append(b, 25, byte(n>>8), byte(n))
	}
	return append(b, 26, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// expect makes sure that the transfer sends what the line says, now.
func (s *story) expect(p parsed) {
	s.t.Helper()
	if len(s.due) == 0 {
		if at, ok := s.transfer.Deadline(); ok && at.After(s.now) || !ok && s.tokens != nil && len(s.tokens) > 0 {
			s.fatalf("the transfer sends nothing; its deadline is in %v (%v), ends: %s", at.Sub(s.now), ok, s.endings())
		}
		s.handle(Tick{})
	}
	if len(s.due) == 0 {
		s.fatalf("the transfer sends nothing; ends: %s", s.endings())
	}
	send := s.due[0].(Send)
	s.due = s.due[1:]
	m := send.Message
	if _, ok := p.fields["RT"]; !ok {
		// Figure 12 prints no Request-Tag in a request to continue, figure 15 does in others for blocks. A server
		// cannot tell which of its bodies is meant without it.
		m.Options = m.Options.Without(protocol.RequestTag)
	}
	want := fmt.Sprintf("%s %s /path", p.typ, p.code)
	if strings.Contains(p.rest, "/.well-known/core") {
		want = fmt.Sprintf("%s %s /.well-known/core", p.typ, p.code)
	}
	for _, f := range []string{"O", "RT", "QB1"} {
		if v, ok := p.fields[f]; ok {
			want += " " + f + map[string]string{"O": ":", "RT": "=", "QB1": ":"}[f] + v
		}
	}
	for _, a := range p.asks {
		want += " QB2:" + a
	}
	if got := s.describe(m); got != want {
		s.fatalf("the transfer sends\n\t%s, want\n\t%s", got, want)
	}
	if b, ok := m.Options.Block(protocol.QBlock1); ok {
		if size, ok := m.Options.Uint(protocol.Size1); !ok || int(size) != len(s.up) {
			s.fatalf("Size1 is %d", size)
		}
		if !bytes.Equal(m.Payload, s.up[b.Offset():min(b.Offset()+b.Size(), len(s.up))]) {
			s.fatalf("the payload is not that of the block")
		}
	} else if len(m.Payload) > 0 {
		s.fatalf("a payload without Q-Block1")
	}
	s.tokens["T"+p.fields["T"]], s.tokens["M"+p.fields["M"]] = send.Number, send.Number
	s.heard = s.now
}

// describe writes a request as the figures do.
func (s *story) describe(m protocol.Message) string {
	text := fmt.Sprintf("%v %s %s", m.Type, m.Code.Short(), m.Path())
	for _, o := range m.Options {
		switch n, _ := o.Uint(); o.Number {
		case protocol.Observe:
			text += fmt.Sprintf(" O:%d", n)
		case protocol.RequestTag:
			text += fmt.Sprintf(" RT=%d", n)
		}
	}
	for _, o := range m.Options {
		b, _ := protocol.DecodeBlock(o.Value)
		switch o.Number {
		case protocol.QBlock1:
			text += " QB1:" + b.String()
		case protocol.QBlock2:
			text += " QB2:" + b.String()
		case protocol.URIPath, protocol.Observe, protocol.RequestTag, protocol.Size1:
		default:
			text += fmt.Sprintf(" %v=%x", o.Number, o.Value)
		}
	}
	return text
}

// endings describes the outputs that end something.
func (s *story) endings() string {
	var all []string
	for _, end := range s.ends {
		switch end := end.(type) {
		case Done:
			text := "done " + end.Response.Code.Dotted()
			if etag, ok := end.Response.Options.First(protocol.ETag); ok {
				text += fmt.Sprintf(" ET=%d", etag[0])
				if !bytes.Equal(end.Response.Payload, body(s.bodies[fmt.Sprint(etag[0])])) {
					text += " of another body: " + hex.EncodeToString(end.Response.Payload[:min(20, len(end.Response.Payload))])
				}
			}
			if n, ok := end.Response.Options.Uint(protocol.Observe); ok {
				text += fmt.Sprintf(" O:%d", n)
			}
			if end.Response.Options.Has(protocol.QBlock2) || end.Response.Options.Has(protocol.QBlock1) {
				text += " with Q-Block"
			}
			if len(end.Response.Payload) > 0 {
				text += fmt.Sprintf(" [%d]", len(end.Response.Payload))
			}
			if end.Open {
				text += " open"
			}
			all = append(all, text)
		case FallBack:
			text := "falls back: " + end.Why.Reason.String()
			if end.First != nil {
				text += " with the first block"
			}
			all = append(all, text)
		case Failed:
			all = append(all, "failed: "+end.Err.Reason.String())
		}
	}
	return strings.Join(all, "; ")
}

// The figures of RFC 9177 §10, and those of Appendix A that the message layer has no part in, message by message.
func TestFigures(t *testing.T) {
	tests := []struct {
		figures []int
		end     string
	}{
		{[]int{2}, "done 2.04"},
		{[]int{3}, "done 2.04"},
		{[]int{4, 5}, "done 2.04"},
		{[]int{6}, ""},
		{[]int{7}, "done 2.05 ET=19 O:1220 [3172] open; done 2.05 ET=20 O:1221 [3172] open"},
		{[]int{8, 9, 10}, "done 2.05 ET=21 O:1234 [10340] open; done 2.05 ET=22 O:1235 [10340] open; done 2.05 ET=23 O:1236 [10340] open; done 2.05 ET=24 O:1237 [10340] open"},
		{[]int{11}, "done 2.05 ET=90 O:1320 [3172] open; done 2.05 ET=91 O:1321 [3172] open"},
		{[]int{12}, "done 2.05 ET=21 O:1334 [10340] open; done 2.05 ET=22 O:1335 [10340] open"},
		{[]int{13, 14, 15}, "done 2.05 ET=23 O:1236 [3172] open; done 2.05 ET=24 O:1337 [2148] open"},
		{[]int{16}, "done 2.04"},
		{[]int{18}, "done 2.05 ET=21 O:1234 [3172] open; done 2.05 ET=22 O:1235 [3172] open"},
	}
	for _, tt := range tests {
		t.Run(strings.Trim(fmt.Sprint(tt.figures), "[]"), func(t *testing.T) {
			parameters := DefaultParameters()
			parameters.NStart = 3 // as Appendix A has it
			s := play(t, Config{Supported: true, Parameters: parameters}, figure(t, tt.figures...))
			if got := s.endings(); got != tt.end {
				t.Errorf("got  %s\nwant %s", got, tt.end)
			}
			if tt.figures[0] != 6 {
				return
			}
			// The client has no answer and learns of no more: it gives up.
			for range 5 {
				at, ok := s.transfer.Deadline()
				if !ok {
					break
				}
				s.now = at
				s.handle(Tick{})
			}
			if got := s.endings(); got != "failed: no response" || len(s.due) > 0 {
				t.Errorf("got %s, and %d messages", got, len(s.due))
			}
		})
	}
}
