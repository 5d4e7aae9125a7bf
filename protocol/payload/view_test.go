package payload

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

func names(views []View) string {
	var s []string
	for _, v := range views {
		s = append(s, v.Name)
	}
	return strings.Join(s, " ")
}

func TestRenderRanksViews(t *testing.T) {
	for _, tt := range []struct {
		format int
		data   string
		want   string
	}{
		{NoFormat, "", "Text Hex"},
		{NoFormat, "21.4", "Text Hex"},
		{NoFormat, `{"a":1}`, "JSON Text Hex"},
		{NoFormat, `</a>;rt=x`, "Link table Links Text Hex"},
		{NoFormat, `<?xml version="1.0"?><a/>`, "XML Text Hex"},
		{NoFormat, "\xa1\x61a\x01", "CBOR JSON Hex"},
		{NoFormat, "\x01\xf6", "Hex"},
		{NoFormat, "\x81\x01\xf6", "CBOR JSON Hex"},
		{NoFormat, "\x1c\x00", "Hex"},
		{0, `{"a":1}`, "Text JSON Hex"},
		{0, "on", "Text Hex"},
		{0, "\xff", "Text Hex"},
		{40, `</a>`, "Link table Links Text Hex"},
		{40, ``, "Link table Links Text Hex"},
		{40, `{"a":1}`, "JSON Text Link table Links Hex"},
		{42, "\x01\xfe\x1c", "Hex"},
		{50, `"on"`, "JSON Text Hex"},
		{50, `{"a":`, "JSON Text Hex"},
		{50, "\xa1\x61a\x01", "CBOR JSON Text Hex"},
		{60, "\xa1\x61a\x01", "CBOR JSON Hex"},
		{60, "\x18", "CBOR JSON Hex"},
		{60, "", "Text Hex"},
		{63, "\x01\x02", "CBOR JSON Hex"},
		{112, "\x81\xa1\x02\x01", "SenML CBOR JSON Hex"},
		{41, "<a/>", "XML Text Hex"},
		{22, "\xff\xd8", "Image Hex"},
		{11050, "\x78\x9c", "Hex"},
		{65000, "\xa1\x61a\x01", "CBOR JSON Hex"},
		{1 << 20, "x", "Text Hex"},
		{NoFormat, "No such resource", "Text Hex"}, // a diagnostic payload (RFC 7252 §5.5.2)
		{NoFormat, `[{"n":"a","v":1}]`, "SenML JSON Text Hex"},
		{50, `[{"n":"a","v":1}]`, "JSON Text SenML Hex"},
		{NoFormat, "\x81\xa2\x00\x61a\x02\x01", "SenML CBOR JSON Hex"},
		{110, `[{"n":"a","v":1}]`, "SenML JSON Text Hex"},
		{110, "\x81\xa2\x00\x61a\x02\x01", "SenML JSON Text CBOR Hex"},
		{320, `[{"n":"a"}]`, "SenML JSON Text Hex"},
		{322, "\x81\xa1\x00\x61a", "SenML CBOR JSON Hex"},
		{257, "\xa1\x20\x61x", "Problem CBOR JSON Hex"},
		{257, `{"a":1}`, "JSON Text Problem CBOR Hex"},
		{NoFormat, "\xa1\x20\x61x", "Problem CBOR JSON Hex"},
		{NoFormat, `{"title":"x","status":404}`, "Problem JSON Text Hex"},
		{NoFormat, "<a><b/></a>", "XML Text Hex"},
		{310, "<sensml/>", "XML Text Hex"},
		{30000, "<svg/>", "XML Text Hex"},
		{47, "\x80\x40", "Hex"},
		{114, "\x80\x40", "Hex"},
	} {
		if got := names(Render(tt.format, []byte(tt.data))); got != tt.want {
			t.Errorf("%d %q: %s, want %s", tt.format, tt.data, got, tt.want)
		}
	}
}

// Each view has the text wanted, and a note that begins as wanted.
func TestViews(t *testing.T) {
	for _, tt := range []struct {
		name, view string
		format     int
		data       string
		want, note string
	}{
		{"text", NameText, 0, "a\r\nb\n", "a\nb", "1 line ends in CR LF, 1 in LF alone"},
		{"text with CR LF", NameText, 0, "a\r\nb\r\n", "a\nb", "lines end in CR LF"},
		{"text with CR alone", NameText, 0, "a\rb", "a␍b", ""},
		{"text with what cannot be seen", NameText, 0, "a\x00\x1b\x7f\xffü\u202e\tb", "a␀␛␡\\xFFü<U+202E>\tb", "not UTF-8 at byte 4"},
		{
			"JSON keeps order, repetition and digits", NameJSON, 50, `{"b":1.10e+02,"a":[12345678901234567890,{}],"b":null}`,
			`{"b": 1.10e+02, "a": [12345678901234567890, {}], "b": null}`, "the name at byte 44 stands twice in its object (RFC 8259 §4)",
		},
		{
			"JSON broken into lines", NameJSON, 50,
			`{"aaaaaaaaaaaaaaaaaaaaaaaa":["bbbbbbbbbbbbbbbbbbbb","cccccccccccccccccccc"],"dddddddddddddd":[],"e":[1,2]}`,
			"{\n  \"aaaaaaaaaaaaaaaaaaaaaaaa\": [\"bbbbbbbbbbbbbbbbbbbb\", \"cccccccccccccccccccc\"],\n  \"dddddddddddddd\": [],\n  \"e\": [1, 2]\n}", "",
		},
		{"JSON strings stay as written", NameJSON, 50, "\"\\u00fc\\n\u202eü\"", "\"\\u00fc\\n\\u202eü\"", ""},
		{
			"JSON up to the mistake", NameJSON, 50, `{"a": 1, b: 2}`,
			"{\"a\": 1, \nbyte 9: expected a string as key, not 'b' (RFC 8259 §4)\nb: 2}", "not well-formed: byte 9",
		},
		{"JSON with an end", NameJSON, 50, `1 2`, "1\nbyte 2: expected the end after the value, not '2' (RFC 8259 §2)\n2", "not well-formed"},
		{"JSON cut off", NameJSON, 50, `["a`, "[\nbyte 3: the string that begins at byte 1 has no closing quote (RFC 8259 §7)", "not well-formed"},
		{"JSON number", NameJSON, 50, `01`, "0\nbyte 1: expected the end after the value, not '1' (RFC 8259 §2)\n1", "not well-formed"},
		{"CBOR", NameCBOR, 60, "\xa2\x61a\x01\x20\x82\xf5\x42\x01\x02", `{"a": 1, -1: [true, h'0102']}`, ""},
		{
			"CBOR with SenML labels", NameCBOR, 112, "\x81\xa3\x21\x61x\x01\x63Cel\x02\xf9\x4d\x60",
			`[{-2 /bn/: "x", 1 /u/: "Cel", 2 /v/: 21.5}]`, "",
		},
		{"CBOR date", NameCBOR, 60, "\xc1\x1a\x51\x4b\x67\xb0", "1(1363896240) /2013-03-21T20:04:00Z/", ""},
		{"CBOR date before 1970", NameCBOR, 60, cborOf(t, "1(-1.5)"), "1(-1.5) /1969-12-31T23:59:58.5Z/", ""},
		{"CBOR decimal fraction", NameCBOR, 60, cborOf(t, "4([-2, 27315])"), "4([-2, 27315]) /273.15/", ""},
		{"CBOR bigfloat", NameCBOR, 60, cborOf(t, "5([-1, 3])"), "5([-1, 3]) /1.5/", ""},
		{"CBOR days", NameCBOR, 60, cborOf(t, "100(18737)"), "100(18737) /2021-04-20/", ""},
		{"CBOR UUID", NameCBOR, 60, cborOf(t, "37(h'f81d4fae7dec11d0a76500a0c91e6bf6')"), "37(h'f81d4fae7dec11d0a76500a0c91e6bf6') /f81d4fae-7dec-11d0-a765-00a0c91e6bf6/", ""},
		{"CBOR addresses", NameCBOR, 60, cborOf(t, "[52(h'c0000201'), 54(h'20010db8000000000000000000000001')]"), "[\n  52(h'c0000201') /192.0.2.1/,\n  54(h'20010db8000000000000000000000001') /2001:db8::1/\n]", ""},
		{"CBOR tag with a name", NameCBOR, 60, cborOf(t, "55799([1])"), "55799([1]) /self-described CBOR/", ""},
		{"CBOR in CBOR", NameCBOR, 60, cborOf(t, "24(<< {1: [2, h'03']} >>)"), "24(<<{1: [2, h'03']}>>)", ""},
		{"what is no CBOR in CBOR", NameCBOR, 60, cborOf(t, "24(h'0102')"), "24(h'0102')", ""},
		{"CBOR key twice", NameCBOR, 60, "\xa2\x01\x02\x01\x03", "{1: 2, 1: 3}", "the key at byte 3 stands twice in its map (RFC 8949 §5.6)"},
		{"CBOR keys of any type", NameCBOR, 60, cborOf(t, `{[1]: {2: 3}, null: 1, h'04': -5, 1.5: "x"}`), `{[1]: {2: 3}, null: 1, h'04': -5, 1.5: "x"}`, ""},
		{"CBOR longer than it needs to be", NameCBOR, 60, "\x9b\x00\x00\x00\x00\x00\x00\x00\x01\x18\x01", "[_3 1_0]", ""},
		{"EXI", NameHex, 47, "$EXI", "0000  24 45 58 49                                       $EXI", "EXI cannot be read"},
		{"CBOR sequence", NameCBOR, 63, "\x01\x02", "1,\n2", ""},
		{"CBOR sequence undeclared", NameCBOR, 60, "\x01\x02", "1,\n2", "several data items"},
		{
			"CBOR broken into lines", NameCBOR, 60, "\xa2\x61a\x78\x28" + strings.Repeat("x", 40) + "\x61b\x58\x20" + strings.Repeat("\x01", 32),
			"{\n  \"a\": \"" + strings.Repeat("x", 40) + "\",\n  \"b\": h'" + strings.Repeat("01", 32) + "'\n}", "",
		},
		{
			"CBOR up to the mistake", NameCBOR, 60, "\x82\x01\x1c",
			"[1, \nbyte 2: additional information 28 is reserved (RFC 8949 §3)", "not well-formed: byte 2",
		},
		{"CBOR text not UTF-8", NameCBOR, 60, "\x61\xff", `"\ufffd"`, "the text at byte 0 is not UTF-8"},
		{
			"CBOR as JSON", NameJSON, 60, "\xa4\x61a\x42\xff\xfe\x01\xf7\x80\xc1\x01\x7f\x61x\x61y\xff\xf9\x7e\x00",
			`{"a": "__4", "1": null, "[]": 1, "xy": null}`, "byte strings as base64url",
		},
		{"SenML as JSON", NameJSON, 112, "\x81\xa2\x21\x61x\x02\x18\x2a", `[{"bn": "x", "v": 42}]`, ""},
		{"links", NameLinks, 40, `</a>;rt="x y";obs;ct=40,</b>`, "</a>; rt=\"x y\"; obs; ct=40\n</b>", ""},
		{
			"links with mistakes", NameLinks, 40, `</a>;obs=1,b,</c>`,
			"</a>; obs=1\nbyte 9, link 1, attribute obs: has no value; it is ignored (RFC 7641 §6)\n" +
				"byte 11, link 2: a link begins with <, not with \"b\" (RFC 6690 §2, link-value)\n</c>", "not well-formed: 2 problems, 2 links read",
		},
		{
			"hex", NameHex, NoFormat, "0123456789abcdef\x00\xffz",
			"0000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n" +
				"0010  00 ff 7a                                          ..z", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := As(tt.view, tt.format, []byte(tt.data))
			if d := cmp.Diff(tt.want, v.String()); d != "" {
				t.Error(d)
			}
			if !strings.HasPrefix(v.Note(), tt.note) || tt.note == "" && v.Note() != "" {
				t.Errorf("note %q", v.Note())
			}
			if v.Truncated() {
				t.Error("truncated")
			}
		})
	}
}

func TestSpansKnowTheirBytes(t *testing.T) {
	data := []byte("\xa2\x61a\x18\x2a\x62bc\x82\xf5\x43\x01\x02\x03")
	want := Line{
		{"{", KindPunctuation, 0, 1},
		{`"a"`, KindKey, 1, 3},
		{": ", KindPunctuation, 0, 0},
		{"42", KindNumber, 3, 5},
		{",", KindPunctuation, 0, 0},
		{" ", KindPlain, 0, 0},
		{`"bc"`, KindKey, 5, 8},
		{": ", KindPunctuation, 0, 0},
		{"[", KindPunctuation, 8, 9},
		{"true", KindLiteral, 9, 10},
		{",", KindPunctuation, 0, 0},
		{" ", KindPlain, 0, 0},
		{"h'010203'", KindString, 10, 14},
		{"]", KindPunctuation, 14, 14},
		{"}", KindPunctuation, 14, 14},
	}
	if d := cmp.Diff(want, As(NameCBOR, 60, data).Line(0)); d != "" {
		t.Error(d)
	}
}

func TestSummary(t *testing.T) {
	for _, tt := range []struct {
		format int
		data   string
		want   string
	}{
		{NoFormat, "", "empty"},
		{0, "21.4", `text 4 B "21.4"`},
		{NoFormat, strings.Repeat("ü", 50), `text 100 B "` + strings.Repeat("ü", 40) + `…"`},
		{50, `"on"`, `"on"`},
		{50, `{"v": 21.4}`, `{"v": 21.4}`},
		{50, `[` + strings.Repeat("1,", 30) + `1]`, "JSON 63 B"},
		{50, `{"v"`, "JSON 4 B"},
		{40, `</a>;rt="x"`, "link-format 11 B"},
		{60, "\x82\x01\x02", "CBOR 3 B [1, 2]"},
		{60, "\x98\x31" + strings.Repeat("\x01", 49), "CBOR 51 B"},
		{60, "\x82\x01", "CBOR 2 B"},
		{112, "\x81\xa1\x02\x01", "CBOR 4 B [{2 /v/: 1}]"},
		{NoFormat, "\x1c\xff", "binary 2 B"},
		{42, "\x1c\xff", "binary 2 B"},
		{23, "\x89PNG", "image/png 4 B"},
	} {
		if got := Summary(tt.format, []byte(tt.data)); got != tt.want {
			t.Errorf("%d %.20q: %s, want %s", tt.format, tt.data, got, tt.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		format int
		data   string
		want   string // value and unit, or "" for none
	}{
		{0, "21.4", "21.4 "},
		{0, " -3 \n", "-3 "},
		{0, "22.3 C", "22.3 °C"},
		{0, "22.3 Cel", "22.3 °C"},
		{0, "40%", "40 %"},
		{0, "1e3", "1000 "},
		{0, "3.3V", "3.3 V"},
		{0, "on", ""},
		{0, "2013-03-21", ""},
		{0, "10.0.0.1", ""},
		{0, "5 lights are on", ""},
		{0, "", ""},
		{NoFormat, "7", "7 "},
		{50, "21.4", "21.4 "},
		{50, `{"v": 21.4, "u": "Cel", "t": 5}`, "21.4 °C"},
		{50, `{"value": 1, "x": 2, "unit": "lx"}`, "1 lx"},
		{50, `{"temperature": 21.4, "name": "x"}`, "21.4 "},
		{50, `{"t": 21.4, "h": 40}`, "21.4 "},
		{50, `{"a": 1, "b": 2, "c": 3}`, ""},
		{50, `[1, 2]`, ""},
		{50, `"21.4"`, ""},
		{110, `[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]`, "23.1 °C"},
		{110, `[{"bn":"x","bt":1.5,"bu":"%RH","bv":20,"v":3,"t":1}]`, "23 %"},
		{110, `[{"v":1},{"v":2}]`, ""},
		{60, "\xf9\x4d\x60", "21.5 "},
		{60, "\x38\x63", "-100 "},
		{60, "\xc4\x82\x20\x18\xd6", "21.4 "},
		{60, "\xc5\x82\x20\x03", "1.5 "},
		{60, "\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00", "1.8446744073709552e+19 "},
		{60, "\xf9\x7e\x00", ""},
		{60, "\xa1\x61v\x05", "5 "},
		{60, "\xbf\x61v\x05\x61u\x63Cel\xff", "5 °C"},
		{60, "\x05\x06", ""},
		{60, "\xa1\x61v", ""},
		{112, "\x81\xa3\x00\x61x\x01\x63Cel\x02\xf9\x4d\x60", "21.5 °C"},
		{60, "\xa2\x01\x03\x02\x04", ""},
	} {
		got := ""
		if v, unit, ok := Number(tt.format, []byte(tt.data)); ok {
			got = fmt.Sprintf("%v %s", v, unit)
		}
		if got != tt.want {
			t.Errorf("%d %q: %q, want %q", tt.format, tt.data, got, tt.want)
		}
	}
}

func TestParseHex(t *testing.T) {
	for _, tt := range []struct {
		text, want, err string
	}{
		{"", "", ""},
		{"0aFF", "0aff", ""},
		{"0x0aff", "0aff", ""},
		{"0x0a, 0xff\n00:11-22\t", "0aff001122", ""},
		{"0a f", "", "byte 3: one digit is missing: a byte has two (hex)"},
		{"0", "", "byte 0: one digit is missing: a byte has two (hex)"},
		{"0a fg", "", "byte 4: expected the second digit of a byte, not 'g' (hex)"},
		{"0a ü", "", "byte 3: 'ü' is no hex digit (hex)"},
		{"0x", "", "byte 2: 0x with no digits after it (hex)"},
	} {
		got, err := ParseHex(tt.text)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if fmt.Sprintf("%x", got) != tt.want || message != tt.err {
			t.Errorf("%q: %x, %q", tt.text, got, message)
		}
	}
}

// hostile has payloads of 1 MB, each meant to cost a renderer as much as it can.
func hostile() map[string][]byte {
	const n = 1 << 20
	fill := func(unit string) []byte { return []byte(strings.Repeat(unit, n/len(unit))) }
	return map[string][]byte{
		"zeros":                   make([]byte, n),
		"line feeds":              fill("\n"),
		"one line":                fill("x"),
		"one JSON string":         []byte(`"` + strings.Repeat("x", n) + `"`),
		"JSON no character":       []byte(`["` + strings.Repeat("\x84", n) + `"]`),
		"link no character":       []byte("<" + strings.Repeat("\x84", n/16) + ">;" + strings.Repeat("\x84", n/16) + `="` + strings.Repeat("\x84", n/16) + `"`),
		"XML no character":        []byte("<" + strings.Repeat("\x84", n/4) + " " + strings.Repeat("\x84", n/4) + "='" + strings.Repeat("\x84", n/4) + "'>" + strings.Repeat("\x84", n/4)),
		"CBOR no character":       append([]byte{0x7a, 0, 15, 0xff, 0xfb}, strings.Repeat("\x84", n-5)...),
		"SenML no character":      []byte(`[{"n":"` + strings.Repeat("\x84", n/2) + `","u":"` + strings.Repeat("\x84", n/2) + `","v":1}]`),
		"problem no character":    []byte(`{"title":"` + strings.Repeat("\x84", n/2) + `","status":1,"` + strings.Repeat("\x84", n/2) + `":1}`),
		"JSON arrays":             fill("["),
		"JSON arrays closed":      []byte(strings.Repeat("[", n/2) + strings.Repeat("]", n/2)),
		"JSON objects":            fill(`{"a":`),
		"JSON numbers":            []byte("[" + strings.Repeat("1,", n/2) + "1]"),
		"JSON one number":         fill("1"),
		"JSON strings":            []byte("[" + strings.Repeat(`"abcdefgh",`, n/11) + "1]"),
		"JSON long strings":       []byte("[" + strings.Repeat(`"`+strings.Repeat("x", 900)+`",`, n/903) + "1]"),
		"JSON nested, long":       []byte(strings.Repeat(`[[],`, 60) + `"` + strings.Repeat("x", n) + `"` + strings.Repeat("]", 60)),
		"CBOR arrays":             fill("\x81"),
		"CBOR endless arrays":     fill("\x9f"),
		"CBOR tags":               fill("\xc1"),
		"CBOR maps":               fill("\xa1"),
		"CBOR large array":        append([]byte("\x9a\x00\x0f\xff\xfb"), make([]byte, n-5)...),
		"CBOR array of 2^64-1":    append([]byte("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), make([]byte, n)...),
		"CBOR map of 2^64-1":      append([]byte("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"), make([]byte, n)...),
		"CBOR string of 2^64-1":   append([]byte("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), make([]byte, n)...),
		"CBOR bignum":             append([]byte("\xc2\x5a\x00\x0f\xff\x00"), bytes.Repeat([]byte{0xff}, 0xfff00)...),
		"CBOR bignums":            fill("\xc2\x58\x40" + strings.Repeat("\xff", 64)),
		"CBOR chunks":             append(append([]byte{0x5f}, fill("\x41\x00")...), 0xff),
		"CBOR empty chunks":       append(append([]byte{0x7f}, fill("\x60")...), 0xff),
		"CBOR sequence":           fill("\x82\x01\x02"),
		"CBOR nested, then large": append([]byte(strings.Repeat("\x82\x80", 60)+"\x5a\x00\x0f\x00\x00"), make([]byte, n)...),
		"CBOR map of lists":       fill("\xa1\x61a\x9f"),
		"CBOR chunks of 1000":     append([]byte("\x9f"), fill("\x5f\x43abc\x43abc\x43abc\x43abc\x43abc\x43abc\x43abc\x43abc\x43abc\x43abc\xff")...),
		"CBOR lists of 40":        fill("\x98\x28" + strings.Repeat("\x18\x64", 40)),
		"CBOR nested lists of 40": fill(strings.Repeat("\x82\x01", 20) + "\x98\x28" + strings.Repeat("\x18\x64", 40)),
		"CBOR floats":             append([]byte("\x9f"), fill("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a")...),
		"CBOR texts":              append([]byte("\x9f"), fill("\x78\x3c"+strings.Repeat("\xc3\xbc", 30))...),
		"CBOR text, long":         append([]byte("\x9f"), fill("\x79\x03\xf0"+strings.Repeat("x", 0x3f0))...),
		"JSON braces":             fill("{"),
		"JSON lists of 40":        []byte("[" + strings.Repeat("["+strings.Repeat("10,", 40)+"1],", n/124) + "1]"),
		"JSON nested lists of 40": []byte("[" + strings.Repeat(strings.Repeat("[1,", 20)+"["+strings.Repeat("10,", 40)+"1]"+strings.Repeat("]", 20)+",", n/204) + "1]"),
		"JSON blanks":             []byte("[" + strings.Repeat("1,          ", n/12) + "1]"),
		"JSON control characters": []byte("[" + strings.Repeat("\"\u202e\u202e\u202e\u202e\u202e\",", n/19) + "1]"),
		"SenML records":           []byte("[" + strings.Repeat(`{"n":"a","v":1},`, n/16) + `{}]`),
		"SenML empty records":     []byte("[" + strings.Repeat(`{},`, n/3) + `{}]`),
		"SenML fields":            []byte("[{" + strings.Repeat(`"n":"a",`, n/8) + `"v":1}]`),
		"SenML names":             []byte(`[{"bn":"` + strings.Repeat("a", 64<<10) + `"},` + strings.Repeat(`{"n":"a","v":1},`, n/16) + `{}]`),
		"SenML CBOR records":      append([]byte("\x9f"), fill("\xa2\x00\x61a\x02\x01")...),
		"SenML wrong records":     append([]byte("\x9f"), fill("\xa2\x00\x61_\x02\x61a")...),
		"problem entries":         append([]byte("\xbf"), fill("\x20\x61a")...),
		"problem, nested":         append([]byte("\xbf\x01"), fill("\xbf\x01")...),
		"problem, deep values":    append([]byte("\xbf"), fill("\x20\x88\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80")...),
		"problem, applications":   append([]byte("\xbf"), fill("\x01\xa1\x01\x01")...),
		"problem, options":        append([]byte("\xbf\x27\x9f"), fill("\x01")...),
		"problem in JSON":         []byte(`{"title":"a",` + strings.Repeat(`"b":[1],`, n/8) + `"c":1}`),
		"XML elements":            fill("<a>"),
		"XML empty elements":      []byte("<a>" + strings.Repeat("<b/>", n/4) + "</a>"),
		"XML short elements":      []byte("<a>" + strings.Repeat("<b>c</b>", n/8) + "</a>"),
		"XML text":                []byte("<a>" + strings.Repeat("b\n", n/2) + "</a>"),
		"XML long text":           []byte("<a>" + strings.Repeat("b", n) + "</a>"),
		"XML attributes":          []byte("<a" + strings.Repeat(" b='c'", n/6) + "/>"),
		"XML long names":          []byte("<" + strings.Repeat("a", n) + "/>"),
		"XML named deeply":        fill("<" + strings.Repeat("a", 1000) + ">"),
		"XML comments":            []byte(strings.Repeat("<!---->", n/7) + "<a/>"),
		"XML entities":            []byte(`<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("&c;", n/3) + `">]><a>&b;</a>`),
		"XML declarations":        []byte("<!DOCTYPE a [" + strings.Repeat("<", n)),
		"XML references":          []byte("<a>" + strings.Repeat("&", n)),
		"links":                   fill("</a>;rt=x,"),
		"links, least":            fill("<>,"),
		"link attributes":         []byte("<>" + strings.Repeat(";a", n/2)),
		"link quotes":             fill(`,<\"`),
		"link, long":              []byte("<" + strings.Repeat("x", n) + ">"),
	}
}

func TestDeepNestingIsNotShown(t *testing.T) {
	for format, data := range map[int]string{
		50: strings.Repeat("[", 70) + strings.Repeat("]", 70),
		60: strings.Repeat("\x81", 70) + "\x80",
	} {
		v := Render(format, []byte(data))[0]
		if !v.Truncated() || v.Note() != "nesting deeper than 64 not shown" {
			t.Errorf("format %d: %v, %q", format, v.Truncated(), v.Note())
		}
		if s := v.String(); !strings.Contains(s, "…") || !strings.HasSuffix(s, "]") || strings.Count(s, "[") != 64 || strings.Count(s, "]") != 64 {
			t.Errorf("format %d: %s", format, s)
		}
	}
}

func TestFirstLinesOfManyAreShown(t *testing.T) {
	v := Render(50, []byte("["+strings.Repeat("1,", 60000)+"1]"))[0]
	if v.Len() != maxLines || !v.Truncated() || v.Note() != "only the first 16000 lines are shown, up to byte 31999" {
		t.Errorf("%d lines, %v, %q", v.Len(), v.Truncated(), v.Note())
	}
}

func TestViewsOfNothing(t *testing.T) {
	if v := (View{}); v.Len() != 0 || v.Line(0) != nil || v.Note() != "" || v.Truncated() || v.String() != "" {
		t.Error("the zero view shows something")
	}
	for _, name := range Names() {
		v := As(name, NoFormat, nil)
		if v.Line(-1) != nil || v.Line(v.Len()) != nil {
			t.Errorf("%s has lines beyond its end", name)
		}
	}
}

// What opens on a line has the lines up to its end below it.
func TestFolds(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, tt := range []struct {
		format int
		data   string
		want   map[int]int
	}{
		{50, `{"a": ["` + long + `", "` + long + `"], "b": {"c": "` + long + `", "d": "` + long + `"}, "e": [1]}`, map[int]int{0: 10, 1: 4, 5: 8}},
		{50, `{"a": ["` + long + `", "` + long + `"`, map[int]int{0: 5, 1: 5}}, // its end is missing
		{60, cborOf(t, `{"a": 24(<< ["`+long+`", "`+long+`"] >>), "b": (_ h'`+strings.Repeat("01", 60)+`', h'02')}`), map[int]int{0: 9, 1: 4, 5: 8}},
		{50, `[1, 2]`, map[int]int{}},
		{0, "a\nb", map[int]int{}},
	} {
		v := Render(tt.format, []byte(tt.data))[0]
		got := map[int]int{}
		for i := -1; i <= v.Len(); i++ {
			if end, ok := v.Fold(i); ok {
				got[i] = end
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s\n%s", v, d)
		}
	}
}

func fuzzView(f *testing.F, name string, format int, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { holds(t, As(name, format, data), data) })
}

func FuzzText(f *testing.F) { fuzzView(f, NameText, 0, "21.4 °C\r\n\x00\xff\u202e") }

func FuzzHex(f *testing.F) { fuzzView(f, NameHex, 42, "0123456789abcdef\x00\xff") }

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, "x\u00fc"], "b": null}`, `[[[]],{}`, `{"a":-1.5e3,"a":true}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v := As(NameJSON, 50, data)
		if isCBOR(50, data) {
			return
		}
		holds(t, v, data)
		if validJSON(data, false) != nil {
			if v.Note() == "" {
				t.Fatalf("nothing is said about the mistake in %q", data)
			}
		} else if !v.Truncated() {
			everyByteShown(t, v, data)
		}
	})
}

func FuzzCBOR(f *testing.F) {
	for _, v := range appendixA {
		f.Add(unhex(f, v.hex))
	}
	f.Add([]byte(cborOf(f, `24(<< {1: [2, 37(h'03')]} >>), 4([-2, 27315])`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []int{60, 63, 112} {
			v := As(NameCBOR, format, data)
			holds(t, v, data)
			if fitsCBOR(data, true) && !v.Truncated() && len(data) <= maxSniffedCBOR {
				everyByteOfCBOR(t, v, data)
			}
			holds(t, As(NameJSON, format, data), data)
		}
	})
}

func FuzzRender(f *testing.F) {
	for _, v := range appendixA {
		f.Add(60, unhex(f, v.hex))
	}
	for _, s := range []string{`{"a": [1, "x\u00fc"], "b": null}`, `</a>;rt="x",</b`, "21.4\x00\xff"} {
		f.Add(NoFormat, []byte(s))
		f.Add(int(protocol.JSON), []byte(s))
		f.Add(int(protocol.LinkFormat), []byte(s))
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		views := Render(format, data)
		if views[len(views)-1].Name != NameHex {
			t.Fatalf("%v", names(views))
		}
		for _, name := range Names() {
			v := As(name, format, data)
			for i := range v.Len() {
				for _, s := range v.Line(i) {
					if s.Start < 0 || s.Start > s.End || s.End > len(data) {
						t.Fatalf("%s: span %+v of %d bytes", name, s, len(data))
					}
					if strings.ContainsAny(s.Text, "\n\r\x00\x1b") {
						t.Fatalf("%s: control character in %q", name, s.Text)
					}
				}
			}
			if v.Truncated() && v.Note() == "" {
				t.Fatalf("%s: truncated without a note", name)
			}
		}
		Summary(format, data)
		Number(format, data)
		// What JSON shows says the same as the payload.
		if fits(jsonText, data) && len(data) < 1000 && sniff(data) == jsonText && printable(data) {
			if v := As(NameJSON, int(protocol.JSON), data); !v.Truncated() && !fits(jsonText, []byte(v.String())) {
				t.Fatalf("%s", v)
			}
		}
		_, _ = linkformat.Parse(data)
	})
}
