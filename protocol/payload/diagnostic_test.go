package payload

import (
	"bytes"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimPrefix(strings.ReplaceAll(s, " ", ""), "0x"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var indicators = regexp.MustCompile(`_[0-3]`)

// The examples show no encoding indicators, so those behind Infinity and NaN are taken away.
func TestDiagnosticOfRFC8949AppendixA(t *testing.T) {
	for _, v := range appendixA {
		data := unhex(t, v.hex)
		got, err := Diagnostic(data)
		if err != nil {
			t.Errorf("%s: %v", v.hex, err)
			continue
		}
		plain := got
		if strings.HasPrefix(strings.TrimPrefix(got, "-"), "Infinity") || strings.HasPrefix(got, "NaN") {
			plain = indicators.ReplaceAllString(got, "")
		}
		want := v.diagnostic
		if strings.Contains(want, `\u`) { // another spelling of the same text
			want = map[string]string{`"\u00fc"`: `"ü"`, `"\u6c34"`: `"水"`, `"\ud800\udd51"`: `"𐅑"`}[want]
		}
		if plain != want {
			t.Errorf("%s: %s, want %s", v.hex, got, want)
		}
		if back, err := EncodeDiagnostic(got); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s gives %x, %v, want %x", got, back, err, data)
		}
		// What the RFC writes says the same, perhaps in another encoding.
		if back, err := EncodeDiagnostic(v.diagnostic); err != nil || plain == got && !bytes.Equal(back, data) {
			t.Errorf("%s gives %x, %v, want %x", v.diagnostic, back, err, data)
		}
	}
}

func TestEncodeDiagnostic(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		// RFC 8949 §8.
		{`h'12345678'`, "4412345678"},
		{`b32'CI2FM6A'`, "4412345678"},
		{`b64'EjRWeA'`, "4412345678"},
		{`h32'28Q5CU0'`, "4412345678"},
		{`b64'-_+/'`, "43fbffbf"},
		{`simple(42)`, "f82a"},
		{`1.5_1`, "f93e00"},
		{`1.5_3`, "fb3ff8000000000000"},
		{`''_`, "5fff"},
		{`""_`, "7fff"},
		{`(_ '')`, "5f40ff"},
		{`(_ "")`, "7f60ff"},
		{`[_1 1]`, "99000101"},
		{`{_0 "a": 1}`, "b801616101"},
		{`1_0(2)`, "d80102"},
		{`"a"_1`, "79000161"},
		// RFC 8610 Appendix G.
		{`h'4 86 56c 6c6f' h' 20776 f726c64'`, "4b48656c6c6f20776f726c64"},
		{`'Hello ' h'776f726c64'`, "4b48656c6c6f20776f726c64"},
		{`"Hello" h'20' "world"`, "6b48656c6c6f20776f726c64"},
		{`<<1, 2>>`, "420102"},
		{`<<"foo", null>>`, "4563666f6ff6"},
		{`<<>>`, "40"},
		{`[0x1267, 0o11147, 0b1001001100111, 4711]`, "84191267191267191267191267"},
		{`[1.5, 0x1.8p0, 0x18p-4]`, "83f93e00f93e00f93e00"},
		{`/grasp/ [/M/ 1, /id/ 10584416 /x/] /end/`, "82011a00a18160"},
		{`h'68 /doubled l!/ 6c'`, "42686c"},
		// Others.
		{``, ""},
		{`1, "a"`, "016161"},
		{` { "a" : [ true , -1 ] } `, "a1616182f520"},
		{`float'7e01'`, "f97e01"},
		{`"\u00fc\n\/\ud83d\ude00"`, "68c3bc0a2ff09f9880"},
		{`-18446744073709551617`, "c349010000000000000000"},
		{`+1`, "01"},
		{`-0.0`, "f98000"},
		{`1e3`, "f963d0"},
		{`0.1`, "fb3fb999999999999a"},
		{`100000.0`, "fa47c35000"},
	} {
		got, err := EncodeDiagnostic(tt.text)
		if err != nil || hex.EncodeToString(got) != tt.want {
			t.Errorf("%s gives %x, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

func TestEncodeDiagnosticSaysWhereItFails(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
		want   string
	}{
		{`[1, 2`, 5, "expected a comma or ], not the end"},
		{`[1 2]`, 3, "expected a comma or ], not '2'"},
		{`[1,]`, 3, "expected an item, not ']'; text stands in double quotes"},
		{`{1}`, 2, "expected :, not '}'"},
		{`{"a": }`, 6, "expected an item, not '}'; text stands in double quotes"},
		{`1,`, 2, "expected an item after the comma"},
		{`1 2`, 2, "expected the end, or a comma and another item, not '2'"},
		{`on`, 0, "expected an item, not 'o'; text stands in double quotes"},
		{`"abc`, 0, `the string has no closing "`},
		{`[h'012']`, 6, "one digit is missing: a byte has two"},
		{`h'0g'`, 3, "expected a hex digit or ', not 'g'"},
		{`b64'?'`, 4, "not base64"},
		{`256_0`, 0, "_0 is too short for 256"},
		{`1.1_1`, 0, "_1 is too short for 1.1"},
		{`simple(24)`, 7, "a simple value is a number from 0 to 23 or from 32 to 255"},
		{`"\x"`, 1, `\ begins one of \" \' \\ \/ \b \f \n \r \t \uXXXX`},
		{`"\ud800"`, 1, "half of a surrogate pair; the other half has to follow"},
		{`-0`, 0, "integers have no -0; write 0, or -0.0 for the float"},
		{`01`, 0, `"01" is no number`},
		{`1e999`, 0, "1e999 is no number that a double-precision float can hold"},
		{`-1(2)`, 0, "the number of a tag is from 0 to 18446744073709551615"},
		{`(_ "a", h'00')`, 8, "all chunks have to be of the same type"},
		{`h'00' "a"`, 6, "text cannot continue a byte string; is a comma missing?"},
		{`"a" h'ff'`, 0, "the text is not UTF-8"},
		{`/x`, 0, "the comment has no closing slash"},
		{strings.Repeat("[", 300), 256, "nested deeper than 256 levels"},
		{"\"\xff\"", 0, "the text is not UTF-8"},
	} {
		_, err := EncodeDiagnostic(tt.text)
		var s *SyntaxError
		if !errors.As(err, &s) || s.Offset != tt.offset || s.Problem != tt.want {
			t.Errorf("%.40s: %v\nwant byte %d: %s", tt.text, err, tt.offset, tt.want)
		}
	}
}

func TestDiagnosticFails(t *testing.T) {
	for _, tt := range []struct {
		hex    string
		offset int
		want   string
	}{
		{"82 01", 2, "expected a data item, not the end"},
		{"19 01", 2, "the argument of the item at byte 0 is cut off: 2 bytes expected"},
		{"1c", 0, "additional information 28 is reserved"},
		{"1f", 0, "major type 0 has no indefinite length"},
		{"df", 0, "major type 6 has no indefinite length"},
		{"62 61", 0, "the string of 2 bytes is cut off after 1"},
		{"ff", 0, "break outside an item of indefinite length"},
		{"81 ff", 1, "break outside an item of indefinite length"},
		{"bf 01 ff", 2, "break after a key that has no value"},
		{"5f 61 61 ff", 1, "a chunk of a string has to be a string of the same type and of definite length"},
		{"5f 5f ff ff", 1, "a chunk of a string has to be a string of the same type and of definite length"},
		{"f8 18", 0, "simple value 24 must not stand in two bytes"},
		{"61 ff", 0, "the text is not UTF-8"},
		{strings.Repeat("81", 70) + "01", 0, "nesting deeper than 64 not shown"},
	} {
		text, err := Diagnostic(unhex(t, tt.hex))
		var s *SyntaxError
		if !errors.As(err, &s) || s.Offset != tt.offset || s.Problem != tt.want {
			t.Errorf("%.40s: %s, %v\nwant byte %d: %s", tt.hex, text, err, tt.offset, tt.want)
		}
	}
}

// Bytes that are well-formed come back from their notation, however they are encoded; and what is well-formed is what
// an independent library takes for it.
func TestNotationOfAnyBytesComesBack(t *testing.T) {
	mode, err := cbor.DecOptions{MaxNestedLevels: 64, MaxArrayElements: 1 << 20, MaxMapPairs: 1 << 20, TagsMd: cbor.TagsAllowed}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	item := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Custom(func(t *rapid.T) []byte {
		v := appendixA[rapid.IntRange(0, len(appendixA)-1).Draw(t, "vector")]
		data, _ := hex.DecodeString(strings.TrimPrefix(v.hex, "0x"))
		if rapid.Bool().Draw(t, "mutate") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		return data
	}))
	rapid.Check(t, func(t *rapid.T) {
		data := item.Draw(t, "data")
		end, bad := skipItem(data, 0)
		theirs := mode.Wellformed(data)
		if ours := bad == nil && end == len(data); len(data) > 0 && ours != (theirs == nil) {
			t.Fatalf("%x: %v, end at %d, but the library says %v", data, bad, end, theirs)
		}
		if bad != nil || len(data) == 0 {
			return
		}
		text, err := Diagnostic(data[:end])
		if err != nil {
			if strings.Contains(err.Error(), "not UTF-8") {
				return
			}
			t.Fatalf("%x: %v", data, err)
		}
		if back, err := EncodeDiagnostic(text); err != nil || !bytes.Equal(back, data[:end]) {
			t.Fatalf("%x became %s became %x, %v", data[:end], text, back, err)
		}
	})
}

func FuzzDiagnostic(f *testing.F) {
	for _, v := range appendixA {
		f.Add(v.diagnostic)
	}
	f.Add(`[_1 1, {_ "a"_0: <<h'00', 'x'>>}, float'7e01', (_ 'a', 'b'), 0x1p-3] /c/`)
	f.Fuzz(func(t *testing.T, text string) {
		data, err := EncodeDiagnostic(text)
		if err != nil {
			var s *SyntaxError
			if !errors.As(err, &s) || s.Offset < 0 || s.Offset > len(text) {
				t.Fatal(err)
			}
			return
		}
		if sequenceLength(data) < 0 {
			t.Fatalf("%q gives %x, which is not well-formed", text, data)
		}
		back, err := Diagnostic(data)
		if err != nil {
			return // nested too deep to be written
		}
		if again, err := EncodeDiagnostic(back); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %s became %x, %v", data, back, again, err)
		}
	})
}

// sequenceLength gives the number of data items of which the payload consists, or -1 where it is no CBOR sequence
// (RFC 8742).
func sequenceLength(data []byte) int {
	n := 0
	for pos := 0; pos < len(data); n++ {
		end, err := skipItem(data, pos)
		if err != nil {
			return -1
		}
		pos = end
	}
	return n
}
