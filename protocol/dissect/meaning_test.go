package dissect

import (
	"math"
	"strings"
	"testing"

	"coapscope/protocol"
)

// Each option of the registries has a meaning of its own.
func TestMeanings(t *testing.T) {
	for _, info := range protocol.OptionTable() {
		code := protocol.GET
		if info.In == protocol.InResponse {
			code = protocol.Content
		}
		tree := &Tree{Code: code, context: protocol.ContextOf(code)}
		if tree.meaning(&OptionEntry{Number: info.Number, Info: info.Number.Lookup(code)}) == "" {
			t.Errorf("%s has no meaning", info.Name)
		}
	}
	for _, info := range protocol.SignalingOptionTable() {
		tree := &Tree{Code: info.Code, context: protocol.InSignaling}
		if tree.meaning(&OptionEntry{Number: info.Number, Info: info.Number.Lookup(info.Code)}) == "" {
			t.Errorf("%s of %s has no meaning", info.Name, info.Code)
		}
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[uint64]string{
		1: "1 s", 59: "59 s", 60: "1 min", 61: "1 min 1 s", 3600: "1 h", 3601: "1 h", 5400: "1 h 30 min",
		86400: "1 d", 90000: "1 d 1 h", 604800: "7 d", math.MaxUint32: "49710 d 6 h",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%d s is %q, want %q", seconds, got, want)
		}
	}
}

func TestEncodingNotes(t *testing.T) {
	for _, c := range []struct{ bytes, want string }{
		{"45 0001 c0", " · no byte stands for 0"},
		{"45 0001 c13c", ""},
		{"45 0001 c2003c", " · non-minimal: 1 byte would do"},
		{"45 0001 c20000", " · non-minimal: 0 bytes would do"},
		{"45 0001 d20a0006", " · non-minimal: 1 byte would do"},
		{"45 0001 c3010203", ""}, // too long, which is another matter
		{"01 0001 d10301", ""},
		{"01 0001 4161", ""}, // not a number
	} {
		note := ""
		b := unhexString(t, "40"+strings.ReplaceAll(c.bytes, " ", ""))
		tree := Dissect(b)
		o := &tree.Options[0]
		if o.Info.Format == protocol.FormatUint {
			note = encodingNote(o)
		}
		if note != c.want {
			t.Errorf("%s: %q, want %q", c.bytes, note, c.want)
		}
	}
}

func TestCodeNotes(t *testing.T) {
	for code, want := range map[protocol.Code]string{
		protocol.GET:             "Class 0: a request.",
		protocol.MakeCode(0, 31): "Class 0: a request; not registered, and who does not know it answers 4.05.",
		protocol.MakeCode(2, 30): "Class 2: a response, success; not registered, and who does not know it knows only that the request succeeded.",
		protocol.MakeCode(4, 30): "Class 4: a response, client error; not registered, and who does not know it takes it for 4.00.",
		protocol.MakeCode(3, 1):  "Class 3: a reserved class.",
		protocol.Empty:           "0.00: an Empty message, neither request nor response. A ping: the answer is a Reset.",
	} {
		tree := Dissect([]byte{0x40, byte(code), 0, 1})
		if got := tree.Explain(tree.Find(Code)); got != want {
			t.Errorf("%v is explained as %q, want %q", code, got, want)
		}
	}
}

// What a block option says depends on who says it.
func TestBlockMeanings(t *testing.T) {
	for _, c := range []struct{ bytes, value, more string }{
		{"45 0001 d10a1e ff 00", "The payload is block 1 of the body of the response, and more follow.", "More blocks follow."},
		{"45 0001 d10a16 ff 00", "The payload is block 1 of the body of the response, the last.", "No more blocks follow."},
		{"01 0001 d10a16", "The client asks for block 1 of the body of the response.", "Without a meaning in a request, and 0."},
		{"03 0001 d10e1e ff 00", "The payload is block 1 of the body of the request, and more follow.", "More blocks follow."},
		{"5f 0001 d10e1e", "The server has block 1 of the body of the request, and waits for the rest before it acts.", "The final response comes later: the server waits for the blocks behind this one."},
		{"44 0001 d10e16", "The server has block 1 of the body of the request.", "The response is the final one: the server has acted."},
		{"5f 0001 d1069e", "The server has all blocks of the body of the request up to block 9.", "The final response comes later: the server waits for the blocks behind this one."},
		{"01 0001 d1120e", "The client asks for the whole body of the response.", "The blocks behind this one are asked for too."},
		{"01 0001 d112ae", "The client asks for block 10 of the body of the response, and for those behind it.", "The blocks behind this one are asked for too."},
		{"01 0001 d112a6", "The client asks for block 10 of the body of the response.", "This block alone is asked for."},
		{"45 0001 d1121e ff 00", "The payload is block 1 of the body of the response, and more follow.", "More blocks follow."},
	} {
		tree := Dissect(unhexString(t, "40"+strings.ReplaceAll(c.bytes, " ", "")))
		if got := tree.Explain(tree.Find(OptionValue)); got != c.value {
			t.Errorf("%s: the value is explained as %q, want %q", c.bytes, got, c.value)
		}
		if got := tree.Explain(tree.Find(BlockMore)); got != c.more {
			t.Errorf("%s: M is explained as %q, want %q", c.bytes, got, c.more)
		}
	}
}
