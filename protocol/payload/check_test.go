package payload

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"coapscope/protocol"
)

func TestContradicts(t *testing.T) {
	for _, tt := range []struct {
		format int
		data   string
		want   string // what the reason has; empty where the payload keeps to its format
	}{
		{NoFormat, "\xff", ""},
		{1 << 20, "\xff", ""},
		{65000, "\xff", ""},
		{50, "", ""},
		{0, "grün", ""},
		{0, "gr\xfcn", "byte 2: 0xfc is not UTF-8"},
		{20000, "gr\xfcn", ""},
		{42, "\xff", ""},
		{11050, "{", ""},
		{50, ` {"a": [1, -2.5e+3, "x\u00e4\n", true, false, null, {}, []]} ` + "\n", ""},
		{50, `"on"`, ""},
		{50, `{"a": 1,}`, `byte 8: expected a string as key, not '}' (RFC 8259 §4)`},
		{50, `[1 2]`, `byte 3: expected , or ], not '2' (RFC 8259 §4 §5)`},
		{50, `{"a" 1}`, `byte 5: expected : after the key, not '1'`},
		{50, `{"a": }`, `byte 6: expected a value, not '}'`},
		{50, `[1]]`, `byte 3: expected the end after the value, not ']'`},
		{50, `[1`, `byte 2: expected , or ], not the end`},
		{50, `"a`, `byte 2: the string that begins at byte 0 has no closing quote`},
		{50, `"\x"`, `byte 1: \ begins one of`},
		{50, "\"\x01\"", `byte 1: control character U+0001 has to be escaped`},
		{50, "\"\xff\"", `byte 1: byte 0xff is no UTF-8 (RFC 8259 §8.1)`},
		{50, `01`, `byte 1: expected the end after the value, not '1'`},
		{50, `-`, `byte 1: expected a digit, not the end`},
		{50, `1.x`, `byte 2: expected a digit after the point, not 'x'`},
		{50, `1e`, `byte 2: expected a digit in the exponent`},
		{50, "\xa1\x61a\x01", "byte 0: expected a value"},
		{11543, `{"e":[]`, "byte 7"},
		{110, `[{"n":"a","v":1}`, "byte 16"},
		{111, `[{"n":"a","v":1}`, ""},
		{111, `[{"n":"a","v":1.`, ""},
		{111, `[{"n":"a","v":1}]]`, "byte 17"},
		{60, "\xa1\x61a\x01", ""},
		{60, "\xa1\x61a", "byte 3: expected a data item, not the end (RFC 8949 §3)"},
		{60, "\x01\x02", "byte 1: 1 bytes follow the one data item"},
		{60, "\x1c", "byte 0: additional information 28 is reserved"},
		{60, "\x9f\x01", "byte 2: expected a data item"},
		{60, "{}", "byte 0"},
		{63, "\x01\x02", ""},
		{63, "\x01\x18", "byte 2"},
		{272, "\x01\x02", ""},
		{113, "\x9f\xa1\x02\x01", ""},
		{257, "\xa1\x20\x61x", ""},
		{40, `</a>;rt="x",</b>`, ""},
		{40, `</a>;obs=1`, ""},
		{40, `a,b`, "byte 0: a link begins with <"},
		{40, `{"a":1}`, "byte 0"},
	} {
		why, bad := Contradicts(tt.format, []byte(tt.data))
		if bad != (tt.want != "") || !strings.Contains(why, tt.want) || !bad && why != "" {
			t.Errorf("%d %q: %v %q, want %q", tt.format, tt.data, bad, why, tt.want)
		}
	}
}

// Of a large payload only the beginning is read, and that it goes on is no mistake.
func TestContradictsLarge(t *testing.T) {
	for format, data := range map[int]string{
		0:  strings.Repeat("ü", maxChecked),
		50: `["` + strings.Repeat("ü", maxChecked) + `"]`,
		51: `[` + strings.Repeat("true,", maxChecked/4) + `1]`,
		60: "\x9f" + strings.Repeat("\x19\x01\x01", maxChecked) + "\xff",
		61: "\x7a\x00\x01\x00\x00" + strings.Repeat("x", maxChecked),
		63: strings.Repeat("\x43abc", maxChecked),
		40: strings.Repeat("</abc>;rt=x,", maxChecked/10) + "</a>",
	} {
		if why, bad := Contradicts(format, []byte(data)); bad {
			t.Errorf("%d: %s", format, why)
		}
	}
	if _, bad := Contradicts(50, []byte(`[1 2`+strings.Repeat(" ", 2*maxChecked))); !bad {
		t.Error("a mistake at the beginning is not found")
	}
	for format, c := range map[int]string{50: "[", 60: "\x81"} { // nested deeper than is followed
		if why, bad := Contradicts(format, []byte(strings.Repeat(c, 2*maxChecked))); bad {
			t.Errorf("%d: %s", format, why)
		}
	}
}

func TestContradictsAllocatesNothing(t *testing.T) {
	for format, data := range map[int]string{
		0: "21.4 °C", 50: `{"a": [1, 2.5, "ü"]}`, 60: "\xa1\x61a\x82\x01\x02", 63: "\x01\x02",
	} {
		payload := []byte(data)
		if n := testing.AllocsPerRun(100, func() { Contradicts(format, payload) }); n > 0 {
			t.Errorf("%d: %v allocations", format, n)
		}
	}
}

func FuzzContradicts(f *testing.F) {
	for _, s := range []string{`{"a": [1, "x\u00fc"], "b": null}`, `[{"n":"a","v":1}]`, "21.4", "\xa1\x61a\x01", `</a>;rt="x"`} {
		for _, format := range []protocol.ContentFormat{protocol.TextPlain, protocol.LinkFormat, protocol.JSON, protocol.CBOR, protocol.SenMLJSON} {
			f.Add(int(format), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		why, bad := Contradicts(format, data)
		if bad != (why != "") {
			t.Fatalf("%v %q", bad, why)
		}
		if err := validJSON(data, false); (err == nil) != (json.Valid(data) && utf8.Valid(data)) && !deepJSON(data) {
			t.Fatalf("JSON: %v, encoding/json says %v", err, json.Valid(data))
		}
	})
}

func deepJSON(data []byte) bool {
	return strings.Count(string(data), "[")+strings.Count(string(data), "{") >= maxJSONNesting
}

func BenchmarkContradicts(b *testing.B) {
	for name, tt := range map[string]struct {
		format int
		data   string
	}{
		"text": {0, "21.4 °C"}, "JSON": {50, `{"temperature": 21.5, "unit": "Cel", "at": [1, 2, 3]}`},
		"CBOR": {60, "\xa1\x61a\x82\x01\x02"}, "links": {40, `</sensors/temp>;rt="temperature";if=sensor,</b>`},
		"JSON 1 MB": {50, "[" + strings.Repeat(`{"n":"a","v":1},`, 1<<16) + "1]"},
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(tt.data)
			b.ReportAllocs()
			for b.Loop() {
				Contradicts(tt.format, data)
			}
		})
	}
}
