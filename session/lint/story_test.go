package lint

import (
	"encoding/hex"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/track"
)

var update = flag.Bool("update", false, "write what the linter says into the stories")

// A story has a frame a line: time in seconds, from>to, type (or TCP), code, message ID, token ("-" for none),
// options as name=value, and the payload behind "+" as text or behind "+=" in hexadecimal. Below a frame is what
// is found wrong with it, behind "!". Lines with "#" are comments.
//
// A story named after a rule breaks it; one named "rule-id, just not" comes close and does not; one that begins
// with "clean" has no finding at all.
const stories = "testdata/stories.txtar"

var endpoints = map[string]netip.AddrPort{
	"c": netip.MustParseAddrPort("192.0.2.7:40000"),
	"d": netip.MustParseAddrPort("192.0.2.8:40000"),
	"s": netip.MustParseAddrPort("192.0.2.1:5683"),
	"t": netip.MustParseAddrPort("192.0.2.1:5684"),
	"u": netip.MustParseAddrPort("192.0.2.2:5683"),
	"m": netip.MustParseAddrPort("224.0.1.187:5683"),
}

var codes = map[string]protocol.Code{
	"GET": protocol.GET, "POST": protocol.POST, "PUT": protocol.PUT, "DELETE": protocol.DELETE, "FETCH": protocol.FETCH,
	"PATCH": protocol.PATCH, "EMPTY": protocol.Empty, "CSM": protocol.CSM, "PING": protocol.Ping, "PONG": protocol.Pong,
	"RELEASE": protocol.Release, "ABORT": protocol.Abort,
}

var optionNames = map[string]protocol.OptionNumber{
	"path": protocol.URIPath, "query": protocol.URIQuery, "observe": protocol.Observe, "block1": protocol.Block1,
	"block2": protocol.Block2, "qblock1": protocol.QBlock1, "etag": protocol.ETag, "accept": protocol.Accept, "format": protocol.ContentFormatOption,
	"maxage": protocol.MaxAge, "size1": protocol.Size1, "size2": protocol.Size2, "echo": protocol.Echo, "tag": protocol.RequestTag,
	"noresponse": protocol.NoResponse, "location": protocol.LocationPath, "ifmatch": protocol.IfMatch, "port": protocol.URIPort,
	// Of signalling messages.
	"size": protocol.MaxMessageSize, "blockwise": protocol.BlockWiseTransfer, "tokens": protocol.ExtendedTokenLength, "custody": protocol.Custody,
}

var storyStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// player carries frames through tracker, dissector and linter.
type player struct {
	tracker *track.Tracker
	linter  *Linter
	tree    dissect.Tree
	frame   uint64
}

func newPlayer() *player { return &player{tracker: track.NewTracker(), linter: New()} }

func (p *player) add(o track.Observed) {
	p.frame++
	o.Frame = p.frame
	info := p.tracker.Add(o)
	x, _ := p.tracker.Exchange(info.Exchange)
	p.tree.DissectFraming(o.Framing, o.Data)
	p.linter.Add(o, &p.tree, info, x)
}

// parseFrame reads a line of a story.
func parseFrame(line string) (o track.Observed, err error) {
	w := strings.Fields(line)
	if len(w) < 4 {
		return o, fmt.Errorf("%q: a frame has time, from>to, type, code", line)
	}
	seconds, err := strconv.ParseFloat(w[0], 64)
	if err != nil {
		return o, err
	}
	o.Time = storyStart.Add(time.Duration(seconds*1e6) * time.Microsecond)
	from, to, _ := strings.Cut(w[1], ">")
	o.Source, o.Destination = endpoints[from], endpoints[to]
	if w[2] == "bytes" {
		o.Data, err = hex.DecodeString(w[3])
		return o, err
	}
	var m protocol.Message
	if w[2] == "TCP" {
		o.Framing = protocol.StreamFraming
	} else if i := slices.Index([]string{"CON", "NON", "ACK", "RST"}, w[2]); i >= 0 {
		m.Type = protocol.Type(i)
	} else {
		return o, fmt.Errorf("%q: what is %q?", line, w[2])
	}
	code, named := codes[w[3]]
	if !named {
		class, detail, _ := strings.Cut(w[3], ".")
		c, _ := strconv.Atoi(class)
		d, err := strconv.Atoi(detail)
		if err != nil {
			return o, fmt.Errorf("%q: what is %q?", line, w[3])
		}
		code = protocol.MakeCode(uint8(c), uint8(d))
	}
	m.Code = code
	rest := w[4:]
	if o.Framing == protocol.DatagramFraming {
		id, err := strconv.Atoi(rest[0])
		if err != nil {
			return o, err
		}
		m.MessageID = protocol.MessageID(id)
		rest = rest[1:]
	}
	for _, s := range rest {
		switch {
		case s == "-":
		case strings.HasPrefix(s, "+="):
			if m.Payload, err = hex.DecodeString(s[2:]); err != nil {
				return o, err
			}
		case strings.HasPrefix(s, "+*"):
			n, _ := strconv.Atoi(s[2:])
			m.Payload = []byte(strings.Repeat("x", n))
		case strings.HasPrefix(s, "+"):
			m.Payload = []byte(s[1:])
		case strings.Contains(s, "="):
			name, text, _ := strings.Cut(s, "=")
			n, known := optionNames[name]
			if !known {
				number, err := strconv.Atoi(name)
				if err != nil {
					return o, fmt.Errorf("%q: what is %q?", line, s)
				}
				n = protocol.OptionNumber(number)
			}
			value, err := optionValue(n, m.Code, text)
			if err != nil {
				return o, fmt.Errorf("%q: %w", line, err)
			}
			m.Options = m.Options.Add(n, value)
		default:
			b, err := hex.DecodeString(s)
			if err != nil {
				return o, fmt.Errorf("%q: token %q: %w", line, s, err)
			}
			m.Token = protocol.TokenOf(b)
		}
	}
	o.Data, err = m.AppendFraming(o.Framing, nil)
	return o, err
}

func optionValue(n protocol.OptionNumber, code protocol.Code, text string) ([]byte, error) {
	if num, rest, ok := strings.Cut(text, "/"); ok {
		more, size, _ := strings.Cut(rest, "/")
		a, _ := strconv.Atoi(num)
		b, err := strconv.Atoi(size)
		block := protocol.Block{Num: uint32(a), More: more == "1", SZX: protocol.SZXFor(b)}
		if size == "BERT" {
			block.SZX, err = 7, nil
		}
		return block.Value(), err
	}
	info := n.Lookup(code)
	if info == nil {
		return hex.DecodeString(text)
	}
	switch info.Format {
	case protocol.FormatUint:
		v, err := strconv.ParseUint("0"+text, 10, 64)
		return protocol.EncodeUint(v), err
	case protocol.FormatString:
		return []byte(text), nil
	}
	return hex.DecodeString(text)
}

// tell plays a story and gives it with what is found by history, and all that is graver than a note.
func tell(t *testing.T, text string) (story string, found []string, grave []Entry) {
	t.Helper()
	p := newPlayer()
	type shown struct {
		line string
		o    track.Observed
	}
	var lines []shown
	for _, line := range splitLines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "!") {
			continue
		}
		s := shown{line: line}
		if f := strings.TrimSpace(line); f != "" && !strings.HasPrefix(f, "#") {
			o, err := parseFrame(line)
			if err != nil {
				t.Fatal(err)
			}
			p.add(o)
			o.Frame = p.frame
			s.o = o
		}
		lines = append(lines, s)
	}
	var b strings.Builder
	for _, s := range lines {
		b.WriteString(s.line + "\n")
		if s.o.Frame == 0 {
			continue
		}
		for _, f := range p.findings(t, s.o) {
			b.WriteString("       ! " + f + "\n")
			id, _, _ := strings.Cut(f, " ")
			found = append(found, id)
		}
	}
	for i := range p.linter.Len() {
		if e := p.linter.At(i); e.Rule.Severity > dissect.Note {
			grave = append(grave, e)
		}
	}
	return b.String(), found, grave
}

func splitLines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// findings writes what is wrong with a frame by history.
func (p *player) findings(t *testing.T, o track.Observed) (all []string) {
	tree := dissect.DissectFraming(o.Framing, o.Data)
	for _, f := range p.linter.Findings(o.Frame, tree) {
		if f.Field < 0 || f.Span != tree.Fields[f.Field].Span || f.Span.Bits <= 0 {
			t.Errorf("frame %d: %s has span %v and field %d", o.Frame, f.ID, f.Span, f.Field)
			continue
		}
		if f.Expected == "" || f.Actual == "" {
			t.Errorf("frame %d: %s says expected %q, actual %q", o.Frame, f.ID, f.Expected, f.Actual)
		}
		all = append(all, fmt.Sprintf("%s (%s) at bits %d+%d: expected %s; actual %s",
			f.ID, f.Severity, f.Span.Bit, f.Span.Bits, f.Expected, f.Actual))
	}
	return all
}

func readStories(t *testing.T) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile(stories)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func TestStories(t *testing.T) {
	archive := readStories(t)
	for i := range archive.Files {
		f := &archive.Files[i]
		t.Run(f.Name, func(t *testing.T) {
			got, found, grave := tell(t, string(f.Data))
			if *update {
				f.Data = []byte(got)
			} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
				t.Errorf("-story +found (run with -update to accept):\n%s", diff)
			}
			rule, near := strings.CutSuffix(f.Name, ", just not")
			switch has := slices.Contains(found, rule); {
			case strings.HasPrefix(f.Name, "clean"):
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				for _, e := range grave {
					t.Errorf("frame %d: %s", e.Frame, e.Rule.ID)
				}
			case near && has:
				t.Errorf("breaks the rule:\n%s", got)
			case near:
				for _, id := range found {
					if i := slices.IndexFunc(rules[:], func(r dissect.Rule) bool { return r.ID == id }); i < 0 || rules[i].Severity > dissect.Note {
						t.Errorf("breaks %s:\n%s", id, got)
					}
				}
			case !has:
				t.Errorf("does not break the rule:\n%s", got)
			}
		})
	}
	if *update {
		if err := os.WriteFile(stories, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each rule has a story that breaks it, and one that just does not.
func TestEveryRuleHasStories(t *testing.T) {
	told := map[string]bool{}
	for _, f := range readStories(t).Files {
		told[f.Name] = true
	}
	ids := map[string]bool{}
	for _, r := range Rules() {
		if !told[r.ID] || !told[r.ID+", just not"] {
			t.Errorf("%s: stories %q and %q are missing", r.ID, r.ID, r.ID+", just not")
		}
		if ids[r.ID] {
			t.Errorf("%s: two rules have this ID", r.ID)
		}
		ids[r.ID] = true
		if r.Title == "" || r.Suggestion == "" || !strings.HasPrefix(r.Reference, "RFC ") {
			t.Errorf("%+v: incomplete", r)
		}
	}
	for _, r := range dissect.Rules() {
		if ids[r.ID] {
			t.Errorf("%s is an ID of package dissect too", r.ID)
		}
	}
}
