package view_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

var arrowKinds = [...]string{
	"other", "request", "retransmission", "acknowledgement", "piggybacked", "separate", "notification", "duplicate", "reset", "malformed", "dropped",
}

// rowsOf writes the rows of a ladder as a text: what the arrows are, and which brackets stand for several.
func rowsOf(l *view.Ladder) string {
	var b strings.Builder
	t := l.Traffic()
	name := func(a netip.AddrPort) string {
		switch a {
		case netip.AddrPort{}:
			return "us"
		case node:
			return "node"
		}
		return a.String()
	}
	for row, s := range l.Rows(0, l.Len()) {
		a := t.Arrow(s)
		if l.Folded(row) {
			fmt.Fprintf(&b, "#%d [%s]\n", s, strings.SplitN(l.FoldTip(s), "\n", 2)[0])
			continue
		}
		marks := ""
		if a.Lost {
			marks += " lost"
		}
		if a.Late {
			marks += " late"
		}
		fmt.Fprintf(&b, "#%d %.3f-%.3f %s → %s %s%s: %s\n", s, a.Left.Seconds(), a.Came.Seconds(), name(a.From), name(a.To), arrowKinds[a.Kind], marks, a.Label)
	}
	return b.String()
}

// faulty appends a frame with a fault.
func (r *recording) faulty(ms int, d trace.Direction, fault trace.Fault, data []byte) {
	from, to := us, node
	if d == trace.Received {
		from, to = node, us
	}
	s := r.add(ms, d, from, to, data)
	r.log.At(s).Fault = fault
}

// stories are the goldens of ladders.
var stories = map[string]func(r *recording){
	"piggybacked": func(r *recording) {
		r.sent(0, request(0x10, 0xa, "sensors", "temp"))
		r.received(40, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "21.4"))
	},
	"separate": func(r *recording) {
		r.sent(0, request(0x20, 0xb, "slow"))
		r.received(10, empty(protocol.Acknowledgement, 0x20))
		r.received(900, response(protocol.Confirmable, 0x99, 0xb, protocol.Content, "done"))
		r.sent(1, empty(protocol.Acknowledgement, 0x99))
	},
	"lost-and-sent-again": func(r *recording) {
		m := encoded(r.t, request(0x10, 0xa, "a"))
		r.faulty(0, trace.Sent, trace.Lost, m)
		r.faulty(2400, trace.Sent, 0, m)
		r.faulty(20, trace.Received, trace.Lost, encoded(r.t, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x")))
		r.faulty(4800, trace.Sent, 0, m)
		r.received(30, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x"))
	},
	"duplicate": func(r *recording) {
		r.sent(0, request(0x10, 0xa, "a"))
		r.received(10, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x"))
		r.received(1, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x"))
		r.faulty(100, trace.Sent, trace.Duplicated, encoded(r.t, request(0x10, 0xa, "a")))
	},
	"non": func(r *recording) {
		m := request(0x10, 0xa, "a")
		m.Type = protocol.NonConfirmable
		r.sent(0, m)
		r.received(10, response(protocol.NonConfirmable, 0x77, 0xa, protocol.NotFound, "x"))
	},
	"rejected-and-malformed": func(r *recording) {
		r.sent(0, request(0x10, 0xa, "a"))
		r.received(10, empty(protocol.Reset, 0x10))
		r.add(5, trace.Received, node, us, []byte{0x60, 0x45, 0x00, 0x10, 0xff})
		r.add(5, trace.Received, node, us, []byte{0x40, 0x01, 0xab})
		r.received(5, response(protocol.NonConfirmable, 0x78, 0x99, protocol.Content, "?"))
	},
	"observed-with-losses": func(r *recording) {
		register := request(0x30, 0xc, "obs")
		register.Options = register.Options.AddUint(protocol.Observe, 0)
		notify := func(typ protocol.Type, id protocol.MessageID, n uint64) protocol.Message {
			m := response(typ, id, 0xc, protocol.Content, "21.4")
			m.Options = m.Options.AddUint(protocol.Observe, n)
			return m
		}
		r.sent(0, register)
		r.received(12, notify(protocol.Acknowledgement, 0x30, 5))
		r.received(1000, notify(protocol.NonConfirmable, 0x91, 6))
		r.faulty(1000, trace.Received, trace.Lost, encoded(r.t, notify(protocol.NonConfirmable, 0x92, 7)))
		r.received(1000, notify(protocol.NonConfirmable, 0x94, 9))
		r.received(2, notify(protocol.NonConfirmable, 0x93, 8)) // overtaken
		again := register
		again.MessageID = 0x31
		r.sent(60_000, again)
		r.received(12, notify(protocol.Acknowledgement, 0x31, 70))
		r.received(1000, notify(protocol.Confirmable, 0x95, 71))
		r.sent(1, empty(protocol.Acknowledgement, 0x95))
	},
	"multicast": func(r *recording) {
		m := request(0x40, 0xd, ".well-known", "core")
		m.Type = protocol.NonConfirmable
		r.add(0, trace.Sent, us, netip.MustParseAddrPort("224.0.1.187:5683"), encoded(r.t, m))
		for i := range 3 {
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 10)}), 5683)
			r.add(30*(i+1), trace.Received, from, us, encoded(r.t, response(protocol.NonConfirmable, protocol.MessageID(0x80+i), 0xd, protocol.Content, "</a>")))
		}
	},
	"held-back": func(r *recording) {
		r.sent(0, request(0x10, 0xa, "a"))
		r.faulty(320, trace.Received, trace.Delayed, encoded(r.t, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x")))
		r.log.At(2).Held = 300 * 1e6
	},
	"blocks": func(r *recording) { blocks(r, 0x100, "fw", 8) },
	"seen between others": func(r *recording) {
		client := netip.MustParseAddrPort("192.0.2.200:40001")
		r.add(0, trace.Seen, client, node, encoded(r.t, request(0x10, 0xa, "<b>;#end")))
		r.add(20, trace.Seen, node, client, encoded(r.t, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x")))
	},
}

// blocks moves a body of n blocks of 64 by Block2; the third block is asked for twice.
func blocks(r *recording, first protocol.MessageID, path string, n int) {
	for i := range n {
		id, token := first+protocol.MessageID(i), byte(i+1)
		ask := request(id, token, path)
		b := protocol.Block{Num: uint32(i), SZX: 2}
		if i > 0 {
			ask.Options = ask.Options.Add(protocol.Block2, b.Value())
		}
		r.sent(5, ask)
		if i == 2 {
			r.sent(2000, ask)
		}
		b.More = i < n-1
		answer := response(protocol.Acknowledgement, id, token, protocol.Content, strings.Repeat("x", 64))
		answer.Options = answer.Options.Add(protocol.Block2, b.Value())
		r.received(10, answer)
	}
}

func ladderOf(t *testing.T, r *recording) *view.Ladder {
	t.Helper()
	v := r.traffic()
	l := v.Ladder()
	l.SetRoom(900, 400)
	pullAll(t, v)
	return l
}

// What ladders show of one of everything, and as diagrams of Mermaid.
func TestLadderStories(t *testing.T) {
	const path = "testdata/ladder.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	want := map[string]string{}
	if archive != nil {
		for _, f := range archive.Files {
			want[f.Name] = string(f.Data)
		}
	}
	made := new(txtar.Archive)
	for _, name := range sortedKeys(stories) {
		r := record(t)
		stories[name](r)
		l := ladderOf(t, r)
		got := []txtar.File{{Name: name + ".rows", Data: []byte(rowsOf(l))}, {Name: name + ".mmd", Data: []byte(l.Mermaid(0))}}
		made.Files = append(made.Files, got...)
		for _, f := range got {
			if diff := cmp.Diff(want[f.Name], string(f.Data)); diff != "" && !*update {
				t.Errorf("%s: -want +got (run with -update to accept):\n%s", f.Name, diff)
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var ink = view.Ink{
	Ground: color.NRGBA{255, 255, 255, 255}, Selection: color.NRGBA{0, 0, 255, 40},
	Of: func(c view.Concept) color.NRGBA {
		return color.NRGBA{R: uint8(c) * 10, G: 0, B: 0x40, A: 255}
	},
	Tint: func(c view.Concept) color.NRGBA { return color.NRGBA{R: uint8(c) * 10, G: 0, B: 0x40, A: 40} },
}

func svgOf(t *testing.T, l *view.Ladder, limit int) string {
	t.Helper()
	var b strings.Builder
	if err := l.Scene(limit).SVG(&b, ink); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// textsOf gives the texts of a picture, and fails where it is not well-formed.
func textsOf(t *testing.T, svg string) (all []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for inText := false; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "text"
		case xml.CharData:
			if inText {
				all = append(all, string(e))
			}
		case xml.EndElement:
			inText = false
		}
	}
}

// The picture of an observation with losses; all others are well-formed, and have all labels.
func TestLadderSVG(t *testing.T) {
	for _, name := range sortedKeys(stories) {
		r := record(t)
		stories[name](r)
		l := ladderOf(t, r)
		svg := svgOf(t, l, 0)
		if svgOf(t, l, 0) != svg {
			t.Errorf("%s: two pictures of the same differ", name)
		}
		said := strings.Join(textsOf(t, svg), "\n")
		for _, s := range l.Rows(0, l.Len()) {
			if number := fmt.Sprintf("#%d", s); !strings.Contains(said, number) {
				t.Errorf("%s: no %s in\n%s", name, number, said)
			}
		}
		l.SetByTime(true)
		textsOf(t, svgOf(t, l, 0))
		if name != "observed-with-losses" {
			continue
		}
		const path = "testdata/ladder.svg"
		if *update {
			if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), svg); diff != "" {
			t.Errorf("-want +got (run with -update to accept):\n%s", diff)
		}
	}
}

// A device may call itself and its resources what it likes.
func TestLadderExportsAnyText(t *testing.T) {
	r := record(t)
	r.sent(0, request(1, 1, "]]>&<script>", "\x00\x1b\u202e", "a;b#c\nend", "%%{init}"))
	l := ladderOf(t, r)
	textsOf(t, svgOf(t, l, 0))
	mermaid := l.Mermaid(0)
	if lines := strings.Split(strings.TrimSpace(mermaid), "\n"); len(lines) != 5 || strings.ContainsAny(lines[4][20:], "<>&%{}\x00\x1b") {
		t.Errorf("the diagram is\n%s", mermaid)
	}
}

// Blocks fold to a bracket, and unfold, each transfer and all of them.
func TestLadderFolds(t *testing.T) {
	r := record(t)
	r.sent(0, request(0x10, 0xa, "a"))
	blocks(r, 0x100, "one", 8)
	r.received(3, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x"))
	blocks(r, 0x200, "two", 47)
	l := ladderOf(t, r)
	total := l.Traffic().Total()
	check := func(when string, rows int) {
		t.Helper()
		if l.Len() != rows {
			t.Errorf("%s: %d rows, want %d:\n%s", when, l.Len(), rows, rowsOf(l))
		}
	}
	check("folded", 4)
	if got := rowsOf(l); !strings.Contains(got, "#2 [8 blocks · 1 retried · 512 B") || !strings.Contains(got, "#20 [47 blocks · 1 retried · 3008 B") {
		t.Errorf("folded:\n%s", got)
	}
	if !l.ToggleFold(2) {
		t.Error("there is nothing to unfold at frame 2")
	}
	check("the first unfolded", 4+16)
	if !l.ToggleFold(7) {
		t.Error("it cannot be folded from within")
	}
	check("folded again", 4)
	l.SetFolds(false)
	check("none folded", total)
	l.ToggleFold(30)
	check("the second folded", total-94)
	l.SetFolds(true)
	check("all folded", 4)
	if l.ToggleFold(1) {
		t.Error("a single exchange folds")
	}
	// What comes while it is folded, and what is wrong within, stays in sight.
	r.add(1, trace.Received, node, us, []byte{1})
	pullAll(t, l.Traffic())
	check("malformed", 5)
}

// A scope is about the selected frame, and what comes later belongs to it too.
func TestLadderScopes(t *testing.T) {
	r := record(t)
	other := netip.MustParseAddrPort("192.0.2.8:5683")
	stories["observed-with-losses"](r)                                    // 1–10
	blocks(r, 0x100, "fw", 4)                                             // 11–19
	r.add(1, trace.Sent, us, other, encoded(t, request(0x50, 0x77, "x"))) // 20
	l := ladderOf(t, r)
	show := func(s view.LadderScope, selected trace.Seq) string {
		l.Select(selected)
		l.SetScope(s)
		l.SetFolds(false)
		pullAll(t, l.Traffic())
		return fmt.Sprint(l.Rows(0, l.Len()))
	}
	for _, c := range []struct {
		scope    view.LadderScope
		selected trace.Seq
		want     string
	}{
		{view.ScopeExchange, 3, "[1 2 3 4 5 6]"},
		{view.ScopeExchange, 8, "[7 8 9 10]"},
		{view.ScopeObservation, 3, "[1 2 3 4 5 6 7 8 9 10]"},
		{view.ScopeTransfer, 13, "[11 12 13 14 15 16 17 18 19]"},
		{view.ScopePeer, 20, "[20]"},
	} {
		if got := show(c.scope, c.selected); got != c.want {
			t.Errorf("%v of #%d: %s, want %s", c.scope, c.selected, got, c.want)
		}
		if !l.CanScope(c.scope) || l.Title() == c.scope.String() {
			t.Errorf("%v of #%d is called %q", c.scope, c.selected, l.Title())
		}
	}
	if l.CanScope(view.ScopeTransfer) {
		t.Error("a request without blocks has a transfer")
	}
	r.add(1, trace.Received, other, us, encoded(t, response(protocol.Acknowledgement, 0x50, 0x77, protocol.Content, "y")))
	pullAll(t, l.Traffic())
	if got := fmt.Sprint(l.Rows(0, l.Len())); got != "[20 21]" {
		t.Errorf("with what came later: %s", got)
	}
	l.SetScope(view.ScopeShown)
	l.Traffic().SetFilter("code == GET")
	pullAll(t, l.Traffic())
	if got := fmt.Sprint(l.Rows(0, l.Len())); got != "[1 7 11 13 15 16 18 20]" {
		t.Errorf("filtered: %s", got)
	}
	l.SetScope(view.ScopeAll)
	pullAll(t, l.Traffic())
	if l.Len() != 21 {
		t.Errorf("all: %d rows", l.Len())
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
