package fault_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session/fault"
)

func TestParse(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		text string
		want fault.Rule
		back string // what String gives; "" for the text
	}{
		{"lose sent ACK 2", fault.Rule{Fault: fault.Lost, Direction: fault.Sent, OfType: true, Type: protocol.Acknowledgement, When: fault.Counted, First: 2, Last: 2}, ""},
		{"delay received 2.05 300ms", fault.Rule{Fault: fault.Delayed, Direction: fault.Received, Codes: fault.OneCode, Code: protocol.Content, Least: 300 * ms, Most: 300 * ms}, "delay received 2.05 300ms"},
		{"duplicate sent CON every 3", fault.Rule{Fault: fault.Duplicated, Direction: fault.Sent, OfType: true, When: fault.Every, First: 3}, ""},
		{"corrupt received 10%", fault.Rule{Fault: fault.Corrupted, Direction: fault.Received, When: fault.Random, Percent: 10}, ""},
		{"reorder received NON 5%", fault.Rule{Fault: fault.Reordered, Direction: fault.Received, OfType: true, Type: protocol.NonConfirmable, When: fault.Random, Percent: 5}, ""},
		{"lose sent request /temp 1-3", fault.Rule{Fault: fault.Lost, Direction: fault.Sent, Codes: fault.Requests, Path: "/temp", When: fault.Counted, First: 1, Last: 3}, ""},
		{"lose", fault.Rule{Fault: fault.Lost}, ""},
		{"  LOSE\t4-   Sent\r", fault.Rule{Fault: fault.Lost, Direction: fault.Sent, When: fault.Counted, First: 4}, "lose sent 4-"},
		{"delay 50ms-0.15s 2.5%", fault.Rule{Fault: fault.Delayed, When: fault.Random, Percent: 2.5, Least: 50 * ms, Most: 150 * ms}, "delay 2.5% 50ms-150ms"},
		{"lose Not-Found", fault.Rule{Fault: fault.Lost, Codes: fault.OneCode, Code: protocol.NotFound}, "lose 4.04"},
		{"lose get", fault.Rule{Fault: fault.Lost, Codes: fault.OneCode, Code: protocol.GET}, "lose GET"},
		{"lose empty", fault.Rule{Fault: fault.Lost, Codes: fault.OneCode}, ""},
		{"lose 4.XX rst response", fault.Rule{Fault: fault.Lost, Codes: fault.CodeClass, Code: protocol.BadRequest, OfType: true, Type: protocol.Reset}, "!a second code"},
		{"lose 4.XX", fault.Rule{Fault: fault.Lost, Codes: fault.CodeClass, Code: protocol.BadRequest}, "lose 4.xx"},
		{"duplicate copies 2 50ms block 4", fault.Rule{Fault: fault.Duplicated, OfBlock: true, Block: 4, Copies: 2, Least: 50 * ms, Most: 50 * ms}, "duplicate block 4 50ms copies 2"},
		{"lose peer ::ffff:192.0.2.7", fault.Rule{Fault: fault.Lost, Peer: netip.MustParseAddrPort("192.0.2.7:0")}, "lose peer 192.0.2.7"},
		{"lose peer [fe80::1%eth0]:5683", fault.Rule{Fault: fault.Lost, Peer: netip.MustParseAddrPort("[fe80::1%eth0]:5683")}, ""},
	} {
		got, err := fault.Parse(c.text)
		if reason, wrong := strings.CutPrefix(c.back, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%q: got %v, want %q", c.text, err, reason)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if len(got.Rules) != 1 || got.Rules[0] != c.want {
			t.Errorf("%q: got %+v, want %+v", c.text, got.Rules, c.want)
		}
		if c.back == "" {
			c.back = c.text
		}
		if back := strings.TrimSpace(got.String()); back != c.back {
			t.Errorf("%q is written as %q, want %q", c.text, back, c.back)
		}
	}
}

func TestParseConfig(t *testing.T) {
	c, err := fault.Parse("# a bad day\n\nseed 18446744073709551615\n  # lose everything\nlose 20%\ndelay 1s\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Seed != 1<<64-1 || len(c.Rules) != 2 || c.Rules[1].Fault != fault.Delayed {
		t.Errorf("got %+v", c)
	}
}

func TestErrorsSayWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, offset int
		length       int
		reason       string
	}{
		{"drop sent", 1, 0, 4, "“drop” is no fault"},
		{"lose\nlose bogus 2", 2, 10, 5, "“bogus” says nothing"},
		{"lose sent received", 1, 10, 8, "a second direction"},
		{"lose 2 5%", 1, 7, 2, "a second choice of datagrams"},
		{"delay sent", 1, 10, 0, "by how much"},
		{"delay sent 0ms", 1, 11, 3, "above 0"},
		{"lose 300ms", 1, 5, 5, "lose takes no time"},
		{"lose 0", 1, 5, 1, "counted from 1"},
		{"lose 3-2", 1, 5, 3, "counted from 1"},
		{"lose 1-0", 1, 5, 3, "counted from 1"},
		{"lose 99999999999999999999", 1, 5, 20, "counted from 1"},
		{"lose 0%", 1, 5, 2, "probability"},
		{"lose 100.1%", 1, 5, 6, "at most 100%"},
		{"lose 1x%", 1, 5, 3, "no probability"},
		{"lose 2.99", 1, 5, 4, "neither a code"},
		{"lose every", 1, 10, 0, "write every 3"},
		{"lose every 0", 1, 11, 1, "write every 3"},
		{"lose block 1048576", 1, 11, 7, "write block 4"},
		{"lose peer node", 1, 10, 4, "an address"},
		{"lose copies 2", 1, 5, 6, "makes no copies"},
		{"duplicate copies 101", 1, 17, 3, "from 1 to 100"},
		{"corrupt bits x", 1, 13, 1, "from 1 to 1000"},
		{"reorder 1s-2s", 1, 8, 5, "one time"},
		{"delay 200ms-100ms", 1, 6, 11, "upwards"},
		{"delay 2h", 1, 6, 2, "1h0m0s"},
		{"seed", 1, 4, 0, "write seed 7"},
		{"seed 1 2", 1, 7, 1, "nothing can stand behind"},
		{"seed 1\nseed 2", 2, 7, 4, "a second seed"},
		{"lose\n# é\n lose é", 3, 16, 2, "“é” says nothing"},
	} {
		_, err := fault.Parse(c.text)
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v, want an error", c.text, err)
			continue
		}
		if e.Line != c.line || e.Offset != c.offset || e.Length != c.length || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("%q: got line %d, offset %d+%d, %q", c.text, e.Line, e.Offset, e.Length, e.Reason)
		}
	}
	if _, err := fault.Parse("lose\n# é\n é"); err == nil || !strings.HasPrefix(err.Error(), "line 3, character 2: ") {
		t.Errorf("got %v, want its character", err)
	}
}

// anyRule draws a rule that can be.
func anyRule(t *rapid.T) fault.Rule {
	r := fault.Rule{
		Fault:     1 << rapid.IntRange(0, 4).Draw(t, "fault"),
		Direction: fault.Direction(rapid.IntRange(0, 2).Draw(t, "direction")),
		Codes:     fault.CodeSet(rapid.IntRange(0, 4).Draw(t, "codes")),
		OfType:    rapid.Bool().Draw(t, "of type"),
		OfBlock:   rapid.Bool().Draw(t, "of block"),
		When:      fault.Chance(rapid.IntRange(0, 3).Draw(t, "when")),
		Path:      rapid.SampledFrom([]string{"", "/", "/temp", "/a%20b/#%c3%a4"}).Draw(t, "path"),
	}
	if r.OfType {
		r.Type = protocol.Type(rapid.IntRange(0, 3).Draw(t, "type"))
	}
	switch r.Codes {
	case fault.OneCode:
		r.Code = protocol.Code(rapid.Uint8().Draw(t, "code"))
	case fault.CodeClass:
		r.Code = protocol.MakeCode(rapid.Uint8Range(0, 7).Draw(t, "class"), 0)
	}
	if r.OfBlock {
		r.Block = rapid.Uint32Range(0, 1<<20-1).Draw(t, "block")
	}
	if peer := rapid.SampledFrom([]string{"", "192.0.2.7:0", "192.0.2.7:5683", "[2001:db8::1]:0", "[fe80::1%eth0]:1"}).Draw(t, "peer"); peer != "" {
		r.Peer = netip.MustParseAddrPort(peer)
	}
	switch r.When {
	case fault.Counted:
		r.First = rapid.Uint64Range(1, 1<<40).Draw(t, "first")
		r.Last = rapid.SampledFrom([]uint64{0, r.First, r.First + 1, r.First << 1}).Draw(t, "last")
	case fault.Every:
		r.First = rapid.Uint64Range(1, 1<<40).Draw(t, "every")
	case fault.Random:
		r.Percent = rapid.Float64Range(1e-9, 100).Draw(t, "percent")
	}
	least := time.Duration(rapid.Int64Range(1, int64(fault.MaxTime)).Draw(t, "least"))
	switch r.Fault {
	case fault.Delayed:
		r.Least, r.Most = least, time.Duration(rapid.Int64Range(int64(least), int64(fault.MaxTime)).Draw(t, "most"))
	case fault.Duplicated:
		r.Copies = rapid.IntRange(0, fault.MaxCopies).Draw(t, "copies")
	case fault.Reordered:
		if rapid.Bool().Draw(t, "timed") {
			r.Least, r.Most = least, least
		}
	case fault.Corrupted:
		r.Bits = rapid.IntRange(0, fault.MaxBits).Draw(t, "bits")
	}
	return r
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := fault.Config{Seed: rapid.Uint64().Draw(t, "seed"), Rules: rapid.SliceOfN(rapid.Custom(anyRule), 1, 3).Draw(t, "rules")}
		if _, err := fault.New(c); err != nil {
			t.Fatal(err)
		}
		got, err := fault.Parse(c.String())
		if err != nil {
			t.Fatalf("%q: %v", c, err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Fatalf("%q: got %+v, want %+v", c, got, c)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"seed 7\n" + rough, "lose sent request /temp 1-3 peer [fe80::1%lo]:5683", "delay 1e5%", "lose 2.xx block 0", "reorder 1ms--1ms", "# x\n\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := fault.Parse(text)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) || e.Reason == "" || e.Line < 1 || e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		if _, err := fault.New(c); err != nil {
			t.Fatalf("%q is read, but: %v", text, err)
		}
		again, err := fault.Parse(c.String())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%q: %+v is written as %q and read as %+v, %v", text, c, c, again, err)
		}
	})
}
