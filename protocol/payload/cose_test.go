package payload

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the views of testdata/*.txtar anew")

// coseExamples gives the examples of the RFCs by name.
func coseExamples(t testing.TB) (*txtar.Archive, map[string][]byte) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/cose.txtar")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string][]byte{}
	for i := 0; i < len(archive.Files); i += 2 {
		name := archive.Files[i].Name
		data, err := EncodeDiagnostic(string(archive.Files[i].Data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.HasPrefix(name, "RFC 8392") { // there they are bytes
			h, _ := readHead(data, 0)
			data = data[h.end:]
		}
		examples[name] = data
	}
	return archive, examples
}

func TestCOSEExamplesOfTheRFCs(t *testing.T) {
	archive, examples := coseExamples(t)
	for i := 0; i < len(archive.Files); i += 2 {
		name := archive.Files[i].Name
		data := examples[name]
		if number, size, ok := strings.Cut(name, ", "); ok && size != bytesOf(len(data)) {
			t.Errorf("%s: the bytes made of the notation are %d, not %s", number, len(data), size)
		}
		format := NoFormat
		switch {
		case strings.Contains(name, "C.7."):
			format = formatKeySet
		case strings.Contains(name, "A.2."):
			format = formatKey
		case strings.HasSuffix(name, "A.1"):
			format = formatCWT
		}
		v := Render(format, data)[0]
		if v.Name != NameCOSE {
			t.Errorf("%s is shown as %s", name, v.Name)
		}
		if v.Truncated() || v.Note() != "" {
			t.Errorf("%s: %v %q", name, v.Truncated(), v.Note())
		}
		if why, bad := Contradicts(format, data); bad {
			t.Errorf("%s: %s", name, why)
		}
		got := v.String() + "\n"
		if *update {
			archive.Files[i+1].Data = []byte(got)
			continue
		}
		if d := cmp.Diff(string(archive.Files[i+1].Data), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/cose.txtar", txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The bytes that a span stands for are those of what it says.
func TestCOSESpans(t *testing.T) {
	_, examples := coseExamples(t)
	data := examples["RFC 9052 C.2.1, 98 bytes"]
	spans := map[string]string{}
	for _, line := range As(NameCOSE, NoFormat, data).Lines() {
		for _, s := range line {
			if s.End > s.Start {
				spans[s.Text] = fmt.Sprintf("%x", data[s.Start:s.End])
			}
		}
	}
	for text, want := range map[string]string{
		"COSE_Sign1":           "d2",
		"protected":            "43",
		"alg":                  "01",
		"ES256":                "26",
		"kid":                  "04",
		`"11"`:                 "3131",
		"This is the content.": hex.EncodeToString([]byte("This is the content.")),
		"8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e": "8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e",
	} {
		if spans[text] != want {
			t.Errorf("%q stands for %q, want %q", text, spans[text], want)
		}
	}
}

func TestCOSEFolds(t *testing.T) {
	_, examples := coseExamples(t)
	v := As(NameCOSE, NoFormat, examples["RFC 9052 C.2.1, 98 bytes"])
	folds := map[string]string{}
	for i := range v.Len() {
		if end, ok := v.Fold(i); ok {
			folds[v.Line(i).String()] = v.Line(end - 1).String()
		}
	}
	want := map[string]string{
		"COSE_Sign1, tag 18":          "    2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36",
		"  protected, 3 bytes":        "    alg (1): ES256 (-7)",
		"  unprotected, 1 parameter":  `    kid (4): "11"  h'3131'`,
		"  payload, 20 bytes as Text": "    This is the content.",
		"  signature, 64 bytes":       "    2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36",
	}
	if d := cmp.Diff(want, folds); d != "" {
		t.Error(d)
	}
}

func TestCOSEMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, notation string
		format         int
		want           string // a line of the view
	}{
		{"elements missing", `18([h'', {}])`, NoFormat, "byte 1: COSE_Sign1 has 4 elements, not 2: the payload is missing (RFC 9052 §4.2)"},
		{"elements too many", `16([h'', {}, h'01', 1])`, NoFormat, "byte 6: COSE_Encrypt0 has 3 elements; there are more (RFC 9052 §5.2)"},
		{"payload of another type", `17([h'', {}, "a", h'01'])`, NoFormat, "byte 4: expected the payload as byte string or nil, not a text string (RFC 9052 §6.2)"},
		{"tag of another type", `17([h'', {}, h'', null])`, NoFormat, "byte 5: expected the tag as byte string, not a simple value (RFC 9052 §6.2)"},
		{"protected header that is a map", `18([{}, {}, null, h'01'])`, NoFormat, "byte 2: expected the protected header as byte string, not a map (RFC 9052 §3)"},
		{"protected header that has no map", `18([h'01', {}, null, h'01'])`, NoFormat, "byte 3: expected a map of header parameters, not an unsigned integer (RFC 9052 §3)"},
		{"protected header with more", `18([h'a001', {}, null, h'01'])`, NoFormat, "byte 4: 1 byte after the map of the protected header (RFC 9052 §3)"},
		{"label twice", `18([<<{1: -7}>>, {1: -7}, null, h'01'])`, NoFormat, "byte 7: the label is already that of the parameter at byte 4 (RFC 9052 §3)"},
		{"IV and Partial IV", `16([<<{5: h'01'}>>, {6: h'02'}, h'01'])`, NoFormat, "byte 8: IV and Partial IV must not both be in the headers of one layer (RFC 9052 §3.1)"},
		{"crit unprotected", `16([h'', {2: [1]}, h'01'])`, NoFormat, "byte 4: crit must be in the protected header (RFC 9052 §3.1)"},
		{"label of another type", `16([h'', {h'': 1}, h'01'])`, NoFormat, "byte 4: a label is an integer or a text string, not a byte string (RFC 9052 §1.5)"},
		{"tag against the Content-Format", `16([h'', {}, h'01'])`, 18, "byte 0: the tag is that of COSE_Encrypt0, the Content-Format that of COSE_Sign1 (RFC 9052 §2)"},
		{"a map that is no key", `{1: 2}`, 18, "byte 0: expected an array, not a map (RFC 9052 §2)"},
		{"something behind", `16([h'', {}, h'01']), 1`, 16, "byte 6: 1 byte after the structure (RFC 9052 §2)"},
		{"recipients that are none", `96([h'', {}, null, 1])`, NoFormat, "byte 6: expected an array of each recipient, not an unsigned integer (RFC 9052 §5.1)"},
	} {
		data, err := EncodeDiagnostic(tt.notation)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		v := As(NameCOSE, tt.format, data)
		found := false
		for _, line := range v.Lines() {
			found = found || strings.TrimSpace(line.String()) == tt.want
		}
		if !found || tt.want[0] == 'b' && v.Note() == "" {
			t.Errorf("%s: note %q\n%s", tt.name, v.Note(), v)
		}
	}
}

func TestCOSEWithoutTag(t *testing.T) {
	for notation, want := range map[string]string{
		`[<<{1: 10}>>, {}, h'01']`:                         "without tag, taken for COSE_Encrypt0",
		`[<<{1: -7}>>, {}, h'01', h'02']`:                  "without tag, taken for COSE_Sign1",
		`[<<{1: 5}>>, {}, h'01', h'02']`:                   "without tag, taken for COSE_Mac0",
		`[<<{1: 1}>>, {}, h'01', [[h'', {1: -6}, h'']]]`:   "without tag, taken for COSE_Encrypt",
		`[h'', {}, h'01', [[<<{1: -7}>>, {}, h'02']]]`:     "without tag, taken for COSE_Sign",
		`[<<{1: 5}>>, {}, h'01', h'02', [[h'', {}, h'']]]`: "without tag, taken for COSE_Mac",
		`61(17([h'', {}, h'01', h'02']))`:                  "CWT, tag 61: COSE_Mac0, tag 17",
	} {
		data, err := EncodeDiagnostic(notation)
		if err != nil {
			t.Fatal(err)
		}
		if v := As(NameCOSE, formatCWT, data); v.Line(0).String() != want || v.Note() != "" {
			t.Errorf("%s: note %q\n%s", notation, v.Note(), v)
		}
	}
}

// A header in chunks is read as one; its spans are those of the whole string.
func TestCOSEHeaderInChunks(t *testing.T) {
	data, err := EncodeDiagnostic(`18([(_ h'a1', h'0126'), {}, (_ h'61', h'62'), h'01'])`)
	if err != nil {
		t.Fatal(err)
	}
	v := As(NameCOSE, NoFormat, data)
	want := "COSE_Sign1, tag 18\n  protected, 3 bytes\n    alg (1): ES256 (-7)\n  unprotected, empty\n  payload, 2 bytes as Text\n    ab\n  signature, 1 byte: h'01'"
	if v.String() != want || v.Note() != "" {
		t.Errorf("note %q\n%s", v.Note(), v)
	}
	if line := v.Line(2); line[1].Start != 2 || line[1].End != 9 {
		t.Errorf("%+v", line)
	}
}

func TestCOSENests(t *testing.T) {
	inner := `18([<<{1: -7, 3: 60}>>, {}, <<{"a": 1}>>, h'01'])`
	nested := inner
	for range 6 {
		nested = `18([<<{1: -7}>>, {}, <<` + nested + `>>, h'01'])`
	}
	for notation, want := range map[string]string{
		inner: `{"a": 1}`,
		`17([h'', {}, <<` + inner + `>>, h'01'])`: `ES256 (-7)`,
		nested: "payload, ",
	} {
		data, err := EncodeDiagnostic(notation)
		if err != nil {
			t.Fatal(err)
		}
		v := As(NameCOSE, NoFormat, data)
		if !strings.Contains(v.String(), want) {
			t.Errorf("%s", v)
		}
		if deep := notation == nested; deep != strings.Contains(v.Note(), "deeper than 4 are shown as hex") {
			t.Errorf("note %q", v.Note())
		}
	}
}

func TestCOSESummary(t *testing.T) {
	_, examples := coseExamples(t)
	for name, want := range map[string]string{
		"RFC 9052 C.2.1, 98 bytes": "COSE_Sign1 98 B ES256",
		"RFC 9052 C.4.1, 52 bytes": "COSE_Encrypt0 52 B AES-CCM-16-64-128",
		"RFC 9052 C.5.1, 57 bytes": "COSE_Mac 57 B AES-MAC 256/64",
		"RFC 8392 A.4":             "CWT COSE_Mac0 114 B HMAC 256/64",
	} {
		if got := Summary(NoFormat, examples[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func FuzzCOSE(f *testing.F) {
	_, examples := coseExamples(f)
	for _, data := range examples {
		f.Add(NoFormat, data)
		f.Add(formatCWT, data[1:])
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		checkView(t, As(NameCOSE, format, data), len(data))
		checkCOSE(format, data)
		summarizeCOSE(data)
	})
}

// checkView fails where a view breaks what all keep to.
func checkView(t *testing.T, v View, size int) {
	t.Helper()
	for i := range v.Len() {
		for _, s := range v.Line(i) {
			if s.Start < 0 || s.Start > s.End || s.End > size {
				t.Fatalf("%s: span %+v of %d bytes", v.Name, s, size)
			}
			if strings.ContainsAny(s.Text, "\n\r\x00\x1b") {
				t.Fatalf("%s: control character in %q", v.Name, s.Text)
			}
		}
		if end, ok := v.Fold(i); ok && (end <= i+1 || end > v.Len()) {
			t.Fatalf("%s: line %d folds to %d of %d", v.Name, i, end, v.Len())
		}
	}
	if v.Truncated() && v.Note() == "" {
		t.Fatalf("%s: truncated without a note", v.Name)
	}
}
