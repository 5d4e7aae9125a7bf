package payload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// figure3 is the example of RFC 9290 §3.2.
const figure3 = `{-1: "title of the error", -2: "detailed information about the error", -3: "coaps://pd.example/FA317434",
	-4: 128, "tag:3gpp.org,2022-03:TS29112": {0: "machine-readable error cause",
	1: [["first parameter name", "must be a positive integer"], ["second parameter name"]], 2: "d34db33f"}}`

func TestProblem(t *testing.T) {
	for _, tt := range []struct {
		name       string
		format     int
		data, want string
		note       string
	}{
		{
			"RFC 9290 figure 3", 257, cborOf(t, figure3),
			"Entry                         Value\n" +
				"title                         title of the error\n" +
				"detail                        detailed information about the error\n" +
				"instance                      coaps://pd.example/FA317434\n" +
				"response-code                 4.00 Bad Request  128\n" +
				"tag:3gpp.org,2022-03:TS29112  of the application\n" +
				"  0                           \"machine-readable error cause\"\n" +
				"  1                           [[\"first parameter name\", \"must be a positive integer\"], [\"second parameter name\"]]\n" +
				"  2                           \"d34db33f\"", "",
		},
		{
			"languages and options", 257, cborOf(t, `{-1: 38(["de", "Fehler"]), -2: 38(["he", "שגיאה", true]), -5: "coap://a/", -6: "en", -7: false, -8: [17, 65001]}`),
			"Entry                    Value\n" +
				"title                    Fehler  de\n" +
				"detail                   שגיאה  he, right to left\n" +
				"base-uri                 coap://a/\n" +
				"base-lang                en\n" +
				"base-rtl                 left to right\n" +
				"unprocessed-coap-option  Accept (17), 65001", "",
		},
		{"one option", 257, cborOf(t, `{-8: 9}`), "Entry                    Value\nunprocessed-coap-option  OSCORE (9)", ""},
		{"unknown entries", 257, cborOf(t, `{-9: [1, 2], 4711: {"a": 1}}`), "Entry                Value\n-9 (not registered)  [1, 2]\n4711                 of the application\n  a                  1", ""},
		{
			"mistakes", 257, cborOf(t, `{-1: 1, -4: 300, -1: "x", "key": {1: 2}, "a:b": 5, "c:d": {}, true: {1: 2}, -8: []}`),
			"Entry                    Value\n" +
				"title                    1\n" +
				"byte 2: title is a text, or one with its language (tag 38), not a number (RFC 9290 §2)\n" +
				"response-code            300\n" +
				"byte 4: response-code is a code from 0 to 255, not a number (RFC 9290 §2)\n" +
				"byte 7: title stands twice\n" +
				"title                    x\n" +
				"key                      of the application\n" +
				"byte 10: the key \"key\" is neither a number nor an absolute URI (RFC 9290 §3.2)\n" +
				"  1                      2\n" +
				"a:b                      5\n" +
				"byte 21: the entry of an application is a map, not a number (RFC 9290 §3.2)\n" +
				"c:d                      of the application\n" +
				"byte 26: the map of an application has no entry (RFC 9290 §2)\n" +
				"a boolean                of the application\n" +
				"byte 27: a key is an integer or a URI, not a boolean (RFC 9290 §2)\n" +
				"  1                      2\n" +
				"unprocessed-coap-option  []\n" +
				"byte 32: unprocessed-coap-option is an option number, or an array of them, not an array (RFC 9290 §2)", "8 mistakes",
		},
		{"empty map", 257, "\xa0", "Entry  Value\nbyte 0: the map has no entry (RFC 9290 §2)", "1 mistake"},
		{"no map", 257, "\x80", "Entry  Value\nbyte 0: problem details are a map (RFC 9290 §2)", "1 mistake"},
		{"cut off", 257, "\xa1\x20", "Entry  Value\nbyte 2: expected a data item, not the end (RFC 8949 §3)", "1 mistake"},
		{"more after it", 257, "\xa1\x20\x61x\x00", "Entry  Value\ntitle  x\nbyte 4: 1 byte after the problem details", "1 mistake"},
		{
			"JSON (RFC 9457 §3)", 50, `{"type":"https://example.com/probs/out-of-credit","title":"You do not have enough credit.","status":403,"balance":30,"accounts":["/account/12345"]}`,
			"Entry     Value\n" +
				"type      https://example.com/probs/out-of-credit\n" +
				"title     You do not have enough credit.\n" +
				"status    403\n" +
				"balance   30\n" +
				"accounts  [\"/account/12345\"]", "",
		},
		{"JSON with a mistake", 50, `{"status":"403"}`, "Entry   Value\nstatus  403\nbyte 10: status is a number, not a text (RFC 9457 §3.1)", "1 mistake"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := As(NameProblem, tt.format, []byte(tt.data))
			lines := strings.Split(v.String(), "\n")
			for i := range lines {
				lines[i] = strings.TrimRight(lines[i], " ")
			}
			if d := cmp.Diff(tt.want, strings.Join(lines, "\n")); d != "" {
				t.Error(d)
			}
			if v.Note() != tt.note {
				t.Errorf("note %q", v.Note())
			}
			holds(t, v, []byte(tt.data))
		})
	}
	v := As(NameProblem, 257, []byte(cborOf(t, figure3)))
	if end, ok := v.Fold(5); !ok || end != 9 {
		t.Errorf("the application's entry folds to %d %v", end, ok)
	}
}

func TestProblemIsRecognized(t *testing.T) {
	for _, tt := range []struct {
		data string
		want rank
	}{
		{cborOf(t, figure3), special},
		{cborOf(t, `{-1: "x"}`), special},
		{cborOf(t, `{-2: 38(["en", "x"]), -4: 132}`), special},
		{cborOf(t, `{-4: 132}`), never},
		{cborOf(t, `{1: 2, -1: "x"}`), never},
		{cborOf(t, `{-1: 1}`), never},
		{"\xa1\x20\x61x\x00", never},
		{`{"title":"a","status":404}`, special},
		{`{"title":"a","detail":"b"}`, special},
		{`{"title":"a"}`, never},
		{`{"title":"a","status":404`, never},
		{"", never},
	} {
		if got := sniffProblem([]byte(tt.data)); got != tt.want {
			t.Errorf("%q: %d", tt.data, got)
		}
	}
}

func FuzzProblem(f *testing.F) {
	f.Add(257, []byte(cborOf(f, figure3)))
	f.Add(257, []byte(cborOf(f, `{-1: 38(["de", "Fehler", null]), -7: true, -8: [17, 65001], -9: 1(5)}`)))
	f.Add(50, []byte(`{"type":"a","title":"b","status":403,"balance":30,"accounts":["c"]}`))
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		holds(t, As(NameProblem, format, data), data)
		sniffProblem(data)
	})
}

func TestProblemSummary(t *testing.T) {
	for notation, want := range map[string]string{
		figure3: `problem 4.00 "title of the error"`, `{-2: "x"}`: `problem "x"`, `{-4: 132}`: "problem 4.04",
		`{-1: 38(["de", "Fehler"])}`: `problem "Fehler"`, `{-9: 1}`: "CBOR 3 B {-9: 1}", `[1]`: "CBOR 2 B [1]",
	} {
		if got := Summary(257, []byte(cborOf(t, notation))); got != want {
			t.Errorf("%s: %s, want %s", notation, got, want)
		}
	}
}
