package payload

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ToLower(strings.ReplaceAll(s, " ", "")))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of OMA LwM2M 1.0 §6.4.3: the Device object, with its instance and without; the Access Control object with two
// instances; the Server object; objects with links to others.
var tlvExamples = []struct{ name, hex, want string }{
	{
		"device", "080079C800144F70656E204D6F62696C6520416C6C69616E6365C801164C69676874776569676874204D324D20436C69656E74" +
			"C80209333435303030313233C303312E30860641000141010588070842000ED842011388870841007D42010384C10964C10A0F830B410000" +
			"C40D5182428FC60E2B30323A3030C11055",
		`…/0  object instance, 121 bytes
  …/0/0  resource, 20 bytes: "Open Mobile Alliance"
  …/0/1  resource, 22 bytes: "Lightweight M2M Client"
  …/0/2  resource, 9 bytes: "345000123"
  …/0/3  resource, 3 bytes: "1.0"  h'312e30'
  …/0/6  multiple resource, 6 bytes
    …/0/6/0  resource instance, 1 byte: 1 or true  h'01'
    …/0/6/1  resource instance, 1 byte: 5  h'05'
  …/0/7  multiple resource, 8 bytes
    …/0/7/0  resource instance, 2 bytes: 3800  h'0ed8'
    …/0/7/1  resource instance, 2 bytes: 5000  h'1388'
  …/0/8  multiple resource, 7 bytes
    …/0/8/0  resource instance, 1 byte: 125 or "}"  h'7d'
    …/0/8/1  resource instance, 2 bytes: 900  h'0384'
  …/0/9  resource, 1 byte: 100 or "d"  h'64'
  …/0/10  resource, 1 byte: 15  h'0f'
  …/0/11  multiple resource, 3 bytes
    …/0/11/0  resource instance, 1 byte: 0 or false  h'00'
  …/0/13  resource, 4 bytes: 1367491215 or 2013-05-02T10:40:15Z  h'5182428f'
  …/0/14  resource, 6 bytes: "+02:00"  h'2b30323a3030'
  …/0/16  resource, 1 byte: 85 or "U"  h'55'`,
	},
	{
		"access control", "08000EC10001C101008302417F07C1037F080212C10003C101008702417F0761013601C1037F",
		`…/0  object instance, 14 bytes
  …/0/0  resource, 1 byte: 1 or true  h'01'
  …/0/1  resource, 1 byte: 0 or false  h'00'
  …/0/2  multiple resource, 3 bytes
    …/0/2/127  resource instance, 1 byte: 7  h'07'
  …/0/3  resource, 1 byte: 127  h'7f'
…/2  object instance, 18 bytes
  …/2/0  resource, 1 byte: 3  h'03'
  …/2/1  resource, 1 byte: 0 or false  h'00'
  …/2/2  multiple resource, 7 bytes
    …/2/2/127  resource instance, 1 byte: 7  h'07'
    …/2/2/310  resource instance, 1 byte: 1 or true  h'01'
  …/2/3  resource, 1 byte: 127  h'7f'`,
	},
	{
		"server", "08000FC10001C40100015180C10601C10755",
		`…/0  object instance, 15 bytes
  …/0/0  resource, 1 byte: 1 or true  h'01'
  …/0/1  resource, 4 bytes: 86400  h'00015180'
  …/0/6  resource, 1 byte: 1 or true  h'01'
  …/0/7  resource, 1 byte: 85 or "U"  h'55'`,
	},
	{
		"links", "88000C440000420000440100420001C8010D38363133383030373535353030C40212345678",
		`…/0  multiple resource, 12 bytes
  …/0/0  resource instance, 4 bytes: 4325376 or link /66/0  h'00420000'
  …/0/1  resource instance, 4 bytes: 4325377 or link /66/1  h'00420001'
…/1  resource, 13 bytes: "8613800755500"
…/2  resource, 4 bytes: 305419896  h'12345678'`,
	},
	{
		"services", "080026C8000B6D79536572766963652031C8010F496E7465726E65742E31352E323334C40200430000" +
			"080126C8000B6D79536572766963652032C8010F496E7465726E65742E31352E323335C402FFFFFFFF",
		`…/0  object instance, 38 bytes
  …/0/0  resource, 11 bytes: "myService 1"
  …/0/1  resource, 15 bytes: "Internet.15.234"
  …/0/2  resource, 4 bytes: 4390912 or link /67/0  h'00430000'
…/1  object instance, 38 bytes
  …/1/0  resource, 11 bytes: "myService 2"
  …/1/1  resource, 15 bytes: "Internet.15.235"
  …/1/2  resource, 4 bytes: -1 or no object link  h'ffffffff'`,
	},
}

func TestTLVExamples(t *testing.T) {
	for _, tt := range tlvExamples {
		data := fromHex(t, tt.hex)
		for _, format := range []int{11542, oldTLV} {
			v := Render(format, data)[0]
			if v.Name != NameTLV || v.Note() != "" {
				t.Errorf("%s: %s, %q", tt.name, v.Name, v.Note())
			}
			if d := cmp.Diff(tt.want, v.String()); d != "" {
				t.Errorf("%s: %s", tt.name, d)
			}
			if why, bad := Contradicts(format, data); bad {
				t.Errorf("%s: %s", tt.name, why)
			}
		}
	}
}

func TestTLVValues(t *testing.T) {
	for bytes, want := range map[string]string{
		"ff":               "-1",
		"0a":               "10",
		"41b40000":         "22.5 or 1102315520 or 2004-12-06T06:45:20Z",
		"40490fd0":         "3.14159 or 1078530000 or 2004-03-05T23:40:00Z",
		"400921f9f01b866e": "3.14159 or 4614256650576692846",
		"0000000051824290": "1367491216 or 2013-05-02T10:40:16Z",
		"61626364":         `"abcd" or 1633837924 or 2021-10-10T03:52:04Z`,
		"c3bc":             `-15428 or "ü"`,
		"00ff80":           "",
	} {
		var texts []string
		for _, r := range tlvReadings(fromHex(t, bytes)) {
			texts = append(texts, r.text)
		}
		if got := strings.Join(texts, " or "); got != want {
			t.Errorf("%s: %s, want %s", bytes, got, want)
		}
	}
}

func TestTLVSummary(t *testing.T) {
	for bytes, want := range map[string]string{
		"c1000a":             "LwM2M TLV /0: 10",
		"0003c1000a":         "LwM2M TLV 5 B, 2 entries",
		"080003c1000a":       "LwM2M TLV 6 B, 1 entry",
		"080003c1000a080100": "LwM2M TLV 9 B, 2 entries",
	} {
		if got := Summary(11542, fromHex(t, bytes)); got != want {
			t.Errorf("%s: %q, want %q", bytes, got, want)
		}
	}
}

func TestTLVMistakes(t *testing.T) {
	const clause = " (OMA LwM2M 1.0 §6.4.3)"
	for _, tt := range []struct{ hex, want string }{
		{"c1", "byte 1: the identifier at byte 1 of the entry at byte 0 is cut off" + clause},
		{"e100", "byte 2: the identifier at byte 1 of the entry at byte 0 is cut off" + clause},
		{"d00001", "byte 3: the length at byte 2 of the entry at byte 0 is cut off" + clause},
		{"c80014", "byte 2: the value of 20 bytes is cut off after 0" + clause},
		{"c300aa", "byte 0: the value of 3 bytes is cut off after 1" + clause},
		{"080103c10aff c1", "byte 7: the identifier at byte 7 of the entry at byte 6 is cut off" + clause},
		{"02000000", "byte 2: expected a resource within an object instance, not an object instance" + clause},
		{"8400c10001 c0", "byte 2: expected a resource instance within a multiple resource, not a resource" + clause},
		{"c000 0001", "byte 2: an object instance beside a resource; entries of one level are of one kind" + clause},
	} {
		data := fromHex(t, tt.hex)
		v := As(NameTLV, 11542, data)
		if !strings.Contains(v.String(), tt.want) || !strings.Contains(v.Note(), tt.want) {
			t.Errorf("%s: note %q\n%s", tt.hex, v.Note(), v)
		}
		if why, bad := Contradicts(11542, data); !bad || why != tt.want {
			t.Errorf("%s contradicts: %q", tt.hex, why)
		}
	}
	for hex, want := range map[string]string{
		"c10001 c10002":             "byte 4: identifier 0 is already that of the entry at byte 0" + clause,
		"c8000101":                  "(the length field is longer than it needs to be)",
		"d000000801020304 05060708": "(the length field is longer than it needs to be)",
		"e1000001":                  "(the identifier would fit into one byte)",
		"c900080102030405060708":    "(bits 2-0 of the type are 1 beside a length field)",
	} {
		v := As(NameTLV, 11542, fromHex(t, hex))
		if !strings.Contains(v.String(), want) {
			t.Errorf("%s: %s", hex, v)
		}
	}
}

func TestTLVSpans(t *testing.T) {
	line := As(NameTLV, 11542, fromHex(t, "e80136083132333435363738"))
	var got []string
	for _, s := range line.Line(0) {
		if s.End > 0 {
			got = append(got, fmt.Sprintf("%s %d-%d", s.Text, s.Start, s.End))
		}
	}
	want := []string{
		"310 1-3", "resource 0-1", "8 bytes 3-4", `"12345678" 4-12`, "3544952156018063160 4-12", "  h'3132333435363738' 4-12",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func multipart(t testing.TB, notation string) []byte {
	t.Helper()
	data, err := EncodeDiagnostic(notation)
	if err != nil {
		t.Fatal(notation, err)
	}
	return data
}

func TestParts(t *testing.T) {
	data := multipart(t, `[42, h'0123456789abcdef', 0, h'3031323334']`) // RFC 8710 §2
	v := Render(62, data)[0]
	want := "part 1: application/octet-stream (42), 8 bytes\n" +
		"  0000  01 23 45 67 89 ab cd ef                           .#Eg....\n" +
		"part 2: text/plain; charset=utf-8 (0), 5 bytes as Text\n" +
		"  01234"
	if v.Name != NameParts || v.String() != want || v.Note() != "" {
		t.Errorf("%s, note %q\n%s", v.Name, v.Note(), v)
	}
	line := v.Line(3)
	if s := line[len(line)-1]; string(data[s.Start:s.End]) != "01234" {
		t.Errorf("%+v", line)
	}
	if end, ok := v.Fold(2); !ok || end != 4 {
		t.Errorf("fold %d %v", end, ok)
	}
	hello := append([]byte("\x82\x00\x4b"), "Hello World"...) // RFC 8710 §4
	if v := Render(62, hello)[0]; v.String() != "part 1: text/plain; charset=utf-8 (0), 11 bytes as Text\n  Hello World" {
		t.Errorf("%s", v)
	}
	for notation, want := range map[string]string{
		`[]`:                             "no parts",
		`[50, null]`:                     "part 1: application/json (50), not given",
		`[_ 0, (_ 'a', 'b')]`:            "part 1: text/plain; charset=utf-8 (0), 2 bytes as Text\n  ab",
		`[9999, h'']`:                    "part 1: Content-Format 9999, 0 bytes",
		`[62, <<[60, <<{"a": [1]}>>]>>]`: "part 1: application/multipart-core (62), 9 bytes as Parts\n  part 1: application/cbor (60), 5 bytes as CBOR\n    {\"a\": [1]}",
	} {
		v := As(NameParts, 62, multipart(t, notation))
		if v.String() != want || v.Note() != "" {
			t.Errorf("%s: note %q\n%s", notation, v.Note(), v)
		}
	}
}

func TestPartsMistakes(t *testing.T) {
	for notation, want := range map[string]string{
		`{}`:             "byte 0: expected an array, not a map",
		`[0]`:            "byte 0: the array has 1 elements, and would need an even number: each Content-Format has a representation",
		`[0, h'61', 1]`:  "byte 0: the array has 3 elements, and would need an even number: each Content-Format has a representation",
		`[_ 0]`:          "byte 2: the array ends after a Content-Format; its representation is missing",
		`["a", h'']`:     "byte 1: expected a Content-Format as unsigned integer, not a text string",
		`[0, "a"]`:       "byte 2: expected a representation as byte string, or null, not a text string",
		`[65536, h'61']`: "byte 1: 65536 is no Content-Format: they have 16 bits",
		`[0, h'61'], 1`:  "byte 4: 1 byte after the array",
	} {
		data := multipart(t, notation)
		want += " (RFC 8710 §2)"
		v := As(NameParts, 62, data)
		if !strings.Contains(v.String(), want) || v.Note() != "not multipart-core: "+want {
			t.Errorf("%s: note %q\n%s", notation, v.Note(), v)
		}
		if why, bad := Contradicts(62, data); !bad || notation != `[0, h'61'], 1` && why != want {
			t.Errorf("%s contradicts: %q", notation, why)
		}
	}
}

// Parts within parts are shown to a depth, and the spans of the innermost are still those of the payload.
func TestPartsNest(t *testing.T) {
	notation := `[0, 'abc']`
	for range 3 {
		notation = `[62, <<` + notation + `>>]`
	}
	data := multipart(t, notation)
	v := As(NameParts, 62, data)
	last := v.Line(v.Len() - 1)
	if s := last[len(last)-1]; s.Text != "abc" || string(data[s.Start:s.End]) != "abc" || v.Note() != "" {
		t.Errorf("%+v, note %q", last, v.Note())
	}
	v = As(NameParts, 62, multipart(t, `[62, <<[62, <<`+notation+`>>]>>]`))
	if !strings.Contains(v.Note(), "payloads within payloads deeper than 4 are shown as hex") {
		t.Errorf("note %q\n%s", v.Note(), v)
	}
}

func deflated(t testing.TB, data []byte, bare bool) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&out)
	if bare {
		w, _ = flate.NewWriter(&out, flate.BestCompression)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDeflate(t *testing.T) {
	text := []byte(`{"temperature": 21.5}`)
	for _, bare := range []bool{false, true} {
		data := deflated(t, text, bare)
		v := Render(11050, data)[0]
		note := fmt.Sprintf("inflated from %d to 21 bytes", len(data))
		if bare {
			note += ", a bare deflate stream without the header of zlib (RFC 1950 §2.2)"
		}
		if v.Name != NameJSON || v.String() != string(text) || v.Note() != note || v.Truncated() {
			t.Errorf("bare %v: %s, note %q\n%s", bare, v.Name, v.Note(), v)
		}
		for _, s := range v.Line(0) {
			if s.Start != 0 || s.End != 0 {
				t.Errorf("a span of what is not in the payload: %+v", s)
			}
		}
	}
	if v := Render(11060, deflated(t, []byte("\xa1\x61a\x01"), false))[0]; v.Name != NameCBOR || v.String() != `{"a": 1}` {
		t.Errorf("%s: %s", v.Name, v)
	}
	for name, tt := range map[string]struct {
		data []byte
		view string
		note string
	}{
		"no deflate": {[]byte("hello"), NameText, "not inflated: "},
		"cut off":    {deflated(t, text, false)[:18], NameJSON, "inflated from 18 to "},
		"empty":      {nil, NameText, "empty, where deflate has at least a header"},
		"wrong sum": {
			append(deflated(t, text, false)[:len(deflated(t, text, false))-1], 0xee), NameJSON,
			fmt.Sprintf("inflated from %d to 21 bytes, up to a mistake: zlib: invalid checksum (RFC 1950)", len(deflated(t, text, false))),
		},
	} {
		if v := Render(11050, tt.data)[0]; !strings.HasPrefix(v.Note(), tt.note) {
			t.Errorf("%s: %s, note %q", name, v.Name, v.Note())
		}
	}
}

func TestDeflateIsBounded(t *testing.T) {
	bomb := deflated(t, make([]byte, 3*maxInflated), false)
	left := outermost().left
	out, note, cut, ok := undo("deflate", bomb, left)
	if len(out) != maxInflated || !cut || !ok || left.bytes != 0 || !strings.HasSuffix(note, "and there is more that is not shown") {
		t.Errorf("%d bytes, %v, %v, %q", len(out), cut, ok, note)
	}
	// All bombs of a payload together have one bound.
	parts := "["
	for i := range 8 {
		if i > 0 {
			parts += ", "
		}
		parts += fmt.Sprintf("11060, h'%x'", bomb)
	}
	n := outermost()
	l := layoutParts(n, 62, multipart(t, parts+"]"))
	if n.left.bytes < 0 || !l.truncated || !strings.Contains(l.note, "more that is not shown") {
		t.Errorf("%d bytes left, %q", n.left.bytes, l.note)
	}
	exact := deflated(t, make([]byte, maxInflated), false)
	if out, _, cut, ok := undo("deflate", exact, outermost().left); len(out) != maxInflated || cut || !ok {
		t.Errorf("exactly the bound: %d bytes, %v, %v", len(out), cut, ok)
	}
}

func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	m.Set(1, 1, color.NRGBA{255, 0, 0, 128})
	p := image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.White})
	p.Set(2, 1, color.White)
	all := map[string][]byte{}
	write := func(name string, encode func(io.Writer) error) {
		var out bytes.Buffer
		if err := encode(&out); err != nil {
			t.Fatal(err)
		}
		all[name] = out.Bytes()
	}
	write("PNG", func(w io.Writer) error { return png.Encode(w, m) })
	write("JPEG", func(w io.Writer) error { return jpeg.Encode(w, m, nil) })
	write("GIF", func(w io.Writer) error {
		return gif.EncodeAll(w, &gif.GIF{Image: []*image.Paletted{p, p}, Delay: []int{10, 10}})
	})
	return all
}

func TestImages(t *testing.T) {
	all := pictures(t)
	for name, want := range map[string]string{
		"PNG":  "format: PNG\nsize: 82 bytes\nwidth × height: 3 × 2 pixels\ncolours: RGB and alpha, 8 bits each",
		"JPEG": "width × height: 3 × 2 pixels\ncolours: YCbCr, 8 bits each",
		"GIF":  "width × height: 3 × 2 pixels\ncolours: a palette for each frame\nframes: 2",
	} {
		data := all[name]
		want = strings.Replace(want, "82 bytes", bytesOf(len(data)), 1)
		v := Render(NoFormat, data)[0]
		if v.Name != NameImage || !strings.Contains(v.String(), want) || v.Note() != "" {
			t.Errorf("%s: %s, note %q\n%s", name, v.Name, v.Note(), v)
		}
		m := v.Image()
		if m == nil || m.Bounds().Dx() != 3 || m.Bounds().Dy() != 2 {
			t.Errorf("%s: %v", name, m)
			continue
		}
		if got := Summary(NoFormat, data); got != fmt.Sprintf("%s 3×2 %d B", name, len(data)) {
			t.Errorf("%s: %s", name, got)
		}
		cut := Render(NoFormat, data[:len(data)/2])[0]
		if cut.Name != NameImage || cut.Image() != nil || !strings.HasPrefix(cut.Note(), "the picture is damaged: ") {
			t.Errorf("%s cut off: %s, note %q", name, cut, cut.Note())
		}
	}
	if _, _, _, a := As(NameImage, 23, all["PNG"]).Image().At(1, 1).RGBA(); a != 0x8080 {
		t.Errorf("alpha %x", a)
	}
	if why, bad := Contradicts(23, all["GIF"]); !bad || why != "byte 0: the magic number is that of image/gif, not of image/png" {
		t.Errorf("%q", why)
	}
	if v := As(NameImage, 23, []byte("hello")); v.Image() != nil || !strings.Contains(v.String(), "expected the magic number") {
		t.Errorf("%s", v)
	}
}

// A picture that says it is huge is not read.
func TestHugeImages(t *testing.T) {
	data := bytes.Clone(pictures(t)["PNG"])
	copy(data[16:], "\x00\x01\x00\x00\x00\x01\x00\x00")
	data = append(data[:29], pngSum(data[12:29])...)
	v := As(NameImage, 23, data)
	if v.Image() != nil || !v.Truncated() || v.Note() != "the picture is not shown: 65536 × 65536 are more than 4 million pixels" {
		t.Errorf("%v, note %q\n%s", v.Truncated(), v.Note(), v)
	}
}

// Payloads that are meant to cost much: parts within parts, recipients of recipients, keys of keys.
func hostileContainers(t testing.TB) map[string][]byte {
	const n = 1 << 20
	fill := func(unit string) []byte { return []byte(strings.Repeat(unit, n/len(unit))) }
	item := func(content []byte) []byte {
		size := len(content)
		return append([]byte{0x18, 0x3e, 0x5a, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}, content...)
	}
	list := func(items []byte, count int) []byte {
		return append([]byte{0x99, byte(2 * count >> 8), byte(2 * count)}, items...)
	}
	parts := list(bytes.Repeat([]byte("\x00\x41a"), 2000), 2000)
	for range 3 {
		parts = list(bytes.Repeat(item(parts), 6), 6)
	}
	claims := strings.Repeat("\xa1\x08\xa1\x02\x83\x40\xa1\x0f", n/8)
	return map[string][]byte{
		"parts":                    append([]byte{0x9f}, fill("\x00\x41a")...),
		"parts in parts":           parts,
		"recipients of recipients": fill("\xd8\x60\x84\x40\xa0\xf6\x81"),
		"countersignatures":        append([]byte{0xd2}, fill("\x84\x40\xa1\x0b")...),
		"claims in claims":         append([]byte("\xd2\x84\x40\xa1\x0f"), claims...),
		"keys":                     append([]byte{0x9f}, fill("\xa1\x01\x02")...),
		"header parameters":        append([]byte("\xd0\x83\x40\xbf"), fill("\x01\x02")...),
		"recipients":               append([]byte("\xd8\x60\x84\x40\xa0\xf6\x9f"), fill("\x83\x40\xa0\x40")...),
		"TLV":                      fill("\xc1\x00\x01"),
		"TLV instances":            fill("\x08\x00\xff"),
		"TLV empty":                fill("\x00\x00"),
		"bomb":                     deflated(t, make([]byte, 64<<20), false),
	}
}

func TestContainersAreBounded(t *testing.T) {
	for name, data := range hostileContainers(t) {
		for view, format := range map[string]int{NameParts: 62, NameCOSE: NoFormat, NameTLV: 11542, NameCBOR: 11060} {
			v := As(view, format, data)
			if v.Len() > maxLines+3 {
				t.Errorf("%s as %s: %d lines", name, view, v.Len())
			}
			Contradicts(format, data)
			Summary(format, data)
		}
	}
	n := outermost()
	layoutParts(n, 62, hostileContainers(t)["parts in parts"])
	if n.left.parts > 0 {
		t.Errorf("%d parts are left of %d: the payload does not reach the bound", n.left.parts, maxParts)
	}
}

func BenchmarkHostileContainers(b *testing.B) {
	for name, data := range hostileContainers(b) {
		for view, format := range map[string]int{NameParts: 62, NameCOSE: NoFormat, NameTLV: 11542, NameCBOR: 11060} {
			b.Run(view+"/"+strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					As(view, format, data).Len()
				}
			})
		}
	}
}

func FuzzTLV(f *testing.F) {
	for _, e := range tlvExamples {
		f.Add(fromHex(f, e.hex))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkView(t, As(NameTLV, 11542, data), len(data))
		checkTLV(11542, data)
		summarizeTLV(data)
	})
}

func FuzzParts(f *testing.F) {
	f.Add(multipart(f, `[42, h'0123456789abcdef', 0, h'3031323334', 62, <<[50, '{"a": 1}']>>, 11050, h'789c', 60, null]`))
	f.Add(multipart(f, `[_ 16, <<16([<<{1: 10}>>, {}, h'01'])>>, 11542, h'c10001', 40, '</a>']`))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkView(t, As(NameParts, 62, data), len(data))
		checkParts(62, data)
		summarizeParts(data)
	})
}

func FuzzDeflate(f *testing.F) {
	f.Add(deflated(f, []byte(`{"a": 1}`), false))
	f.Add(deflated(f, []byte(`{"a": 1}`), true))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, note, _, ok := undo("deflate", data, &allowance{bytes: 1 << 16})
		if len(out) > 1<<16 || note == "" || !ok && out != nil {
			t.Fatalf("%d bytes, %q, %v", len(out), note, ok)
		}
		checkView(t, As(NameJSON, 11050, data), len(data))
	})
}

func FuzzImage(f *testing.F) {
	for _, data := range pictures(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v := As(NameImage, 23, data)
		checkView(t, v, len(data))
		if m := v.Image(); m != nil && m.Bounds().Dx()*m.Bounds().Dy() > maxPixels {
			t.Fatalf("%v", m.Bounds())
		}
		gifFrames(data)
		summarizeImage(data)
	})
}

func pngSum(chunk []byte) []byte {
	sum := crc32.ChecksumIEEE(chunk)
	return []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}
}
