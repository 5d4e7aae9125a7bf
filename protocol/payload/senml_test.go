package payload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packOf makes CBOR of SenML in diagnostic notation.
func cborOf(t testing.TB, notation string) string {
	t.Helper()
	b, err := EncodeDiagnostic(notation)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSenML(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format int
		data   string
		want   string
		note   string
	}{
		{
			"one record (RFC 8428 §5.1.1)", 110, `[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]`,
			"Name                         Value  Unit\n" +
				"urn:dev:ow:10e2073a01080063   23.1  °C", "1 record",
		},
		{
			"base name, time and unit (RFC 8428 §5.1.3)", 110,
			`[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},` +
				`{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3}]`,
			"Name                                Value  Unit      Time\n" +
				"urn:dev:ow:10e2073a0108006:voltage  120.1  V volt    2010-06-08 18:01:16.001 UTC\n" +
				"urn:dev:ow:10e2073a0108006:current    1.2  A ampere  2010-06-08 18:01:11.001 UTC\n" +
				"urn:dev:ow:10e2073a0108006:current    1.3  A ampere  2010-06-08 18:01:12.001 UTC", "3 records, version 5, before RFC 8428",
		},
		{
			"CBOR (RFC 8428 §6)", 112,
			cborOf(t, `[{-2: "urn:dev:ow:10e2073a0108006:", -3: 1276020076.001, -4: "A", -1: 10, 0: "voltage", 1: "V", 2: 120.1},`+
				`{0: "current", 6: -5, 2: 1.2}]`),
			"Name                                Value  Unit      Time\n" +
				"urn:dev:ow:10e2073a0108006:voltage  120.1  V volt    2010-06-08 18:01:16.001 UTC\n" +
				"urn:dev:ow:10e2073a0108006:current    1.2  A ampere  2010-06-08 18:01:11.001 UTC", "2 records",
		},
		{
			"relative times, sums, updates", 110,
			`[{"bn":"a/","bs":10,"bv":20,"n":"x","v":0.1,"t":-3,"s":1.5,"ut":90},{"n":"y","v":-20,"t":5},{"n":"z","t":-90061.5},{"n":"w","v":1}]`,
			"Name  Value  Time                   Sum  Next within\n" +
				"a/x    20.1  −3 s                  11.5   1 min 30 s\n" +
				"a/y       0  +5 s                    10\n" +
				"a/z      20  −1 d 1 h 1 min 1.5 s    10\n" +
				"a/w      21                          10", "4 records",
		},
		{
			"values of every kind", 110, `[{"n":"a","vs":"on \"x\""},{"n":"b","vb":true},{"n":"c","vd":"aGk"},{"n":"d","v":1.50},{"n":"e","s":3,"u":"kWh"}]`,
			"Name       Value  Unit               Sum\n" +
				"a     \"on \\\"x\\\"\"\n" +
				"b           true\n" +
				"c          \"aGk\"\n" +
				"d           1.50\n" +
				"e                 kWh kilowatt-hour    3\n" +
				"byte 106: kWh is a secondary unit, which needs bver 26 (RFC 9100 §4)", "5 records, 1 mistake",
		},
		{"data value in CBOR", 112, cborOf(t, `[{0: "c", 8: h'0102'}]`), "Name    Value\nc     h'0102'", "1 record"},
		{
			"features", 110, `[{"bver":26,"n":"e","v":3,"u":"kWh"}]`,
			"Name  Value  Unit\ne         3  kWh kilowatt-hour", "1 record, version 26: feature 4 secondary units (RFC 9100)",
		},
		{"unknown fields are ignored", 110, `[{"n":"e","v":3,"x":[1,{}],"y":"a\nb"}]`, "Name  Value  Other fields\ne         3  x, y", "1 record"},
		{
			"but those which have to be understood", 110, `[{"n":"e","v":3,"x_":1}]`,
			"Name  Value  Other fields\ne         3  x_\nbyte 16: \"x_\" has to be understood to use the pack, and is not known (RFC 8428 §4.4)", "1 record, 1 mistake",
		},
		{
			"mistakes by record", 110, `[{"v":1},{"n":"_a","v":1},{"n":"a"},{"n":"a","v":1,"vs":"x"},{"n":"a","v":"1"},7,{"n":"a","n":"b","v":1}]`,
			"Name  Value\n" +
				"          1\n" +
				"byte 1: the record has no name (RFC 8428 §4.5.1)\n" +
				"_a        1\n" +
				"byte 14: the name has \"_\" at character 1; letters, digits and - : . / _ are allowed, and a letter or digit first (RFC 8428 §4.5.1)\n" +
				"a\n" +
				"byte 26: the record has neither a value nor a sum (RFC 8428 §4.2)\n" +
				"a         1\n" +
				"byte 36: the record has 2 values, where one is allowed (RFC 8428 §4.2)\n" +
				"a\n" +
				"byte 74: v is a number, not a text (RFC 8428 §4.3)\n" +
				"byte 79: a SenML record is a map, not a number (RFC 8428 §4)\n" +
				"a         1\n" +
				"byte 90: n stands twice in the record", "7 records, 7 mistakes",
		},
		{"labels as text in CBOR", 112, cborOf(t, `[{"n": "a", 2: 1}]`), "Name  Value\na         1\nbyte 2: \"n\" is written as an integer in CBOR (RFC 8428 §6)", "1 record, 1 mistake"},
		{
			"a later version", 110, `[{"bver":11,"n":"a","v":1}]`,
			"Name  Value\na         1\nbyte 9: version 11 is not known; 10 is, and features above it (RFC 8428 §4.4, RFC 9100 §2)", "1 record, 1 mistake",
		},
		{
			"version changes", 110, `[{"n":"a","v":1},{"n":"a","v":1,"bver":26}]`,
			"Name  Value\na         1\na         1\nbyte 39: bver is 26, and 10 before; all records have the same version (RFC 8428 §4.4)",
			"2 records, version 26: feature 4 secondary units (RFC 9100), 1 mistake",
		},
		{"base fields alone", 110, `[{"bn":"a/"},{"n":"b","v":1}]`, "Name                   Value\na/ (base fields only)\na/b                        1", "2 records"},
		{"no array", 110, `{"n":"a"}`, "\nbyte 0: a SenML pack is an array of records (RFC 8428 §4)", "0 records, 1 mistake"},
		{"cut off", 110, `[{"n":"a","v":1},{"n`, "Name  Value\na         1\nbyte 20: the string that begins at byte 18 has no closing quote (RFC 8259 §7)", "1 record, 1 mistake"},
		{"a stream goes on", 111, `[{"n":"a","v":1},`, "Name  Value\na         1", "1 record; a stream that goes on (RFC 8428 §4.8)"},
		{"and in CBOR", 113, "\x9f\xa2\x00\x61a\x02\x01", "Name  Value\na         1", "1 record; a stream that goes on (RFC 8428 §4.8)"},
		{"fetch (RFC 8790 §3.1)", 320, `[{"bn":"2001:db8::2/3311/0/","n":"5850"},{"n":"5851"}]`, "Name\n2001:db8::2/3311/0/5850\n2001:db8::2/3311/0/5851", "2 records"},
		{
			"patch (RFC 8790 §3.2)", 322, cborOf(t, `[{-2: "a/", 0: "x", 4: true}, {0: "y", 2: null}]`),
			"Name  Value\na/x    true\na/y    null", "2 records",
		},
		{"more after it", 112, "\x81\xa2\x00\x61a\x02\x01\x00", "Name  Value\na         1\nbyte 7: 1 bytes follow the pack", "1 record, 1 mistake"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := As(NameSenML, tt.format, []byte(tt.data))
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
		})
	}
}

func TestSenMLCells(t *testing.T) {
	v := As(NameSenML, 110, []byte(`[{"n":"a","v":1.5,"x_":0}]`))
	if d := cmp.Diff([]Column{{"Name", false, 4}, {"Value", true, 5}, {"Other fields", false, 12}}, v.Columns()); d != "" {
		t.Error(d)
	}
	want := [][]Line{
		{{{Text: "Name", Kind: KindComment}}, {{Text: "Value", Kind: KindComment}}, {{Text: "Other fields", Kind: KindComment}}},
		{{{"a", KindKey, 6, 9}}, {{"1.5", KindNumber, 14, 17}}, {{"x_", KindComment, 1, 25}}},
		nil,
	}
	for i := range want {
		if d := cmp.Diff(want[i], v.Cells(i)); d != "" {
			t.Errorf("line %d: %s", i, d)
		}
	}
	if v.Cells(-1) != nil || v.Cells(3) != nil {
		t.Error("cells outside the table")
	}
}

func TestSenMLIsRecognized(t *testing.T) {
	for _, tt := range []struct {
		data string
		want rank
	}{
		{`[{"n":"a","v":1}]`, special},
		{` [{"bn":"a","bt":5,"vs":"x"}]`, special},
		{`[{"n":"a"}]`, never},
		{`[{"n":"a","v":1,"name":2}]`, never},
		{`[{"n":"a","v":"x"}]`, never},
		{`[{"n":"a","v":1}`, never},
		{`{"n":"a","v":1}`, never},
		{`[]`, never},
		{cborOf(t, `[{0: "a", 2: 1}]`), special},
		{cborOf(t, `[{0: "a", 2: 1, 17: 1}]`), never},
		{cborOf(t, `[[0]]`), never},
		{"", never},
	} {
		if got := sniffSenML([]byte(tt.data)); got != tt.want {
			t.Errorf("%q: %d", tt.data, got)
		}
	}
}

func TestTimeText(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "now", -3: "−3 s", 0.5: "+0.5 s", 60: "+1 min", -3600: "−1 h", 268435455: "+3106 d 21 h 24 min 15 s",
		268435456: "1978-07-04 21:24:16 UTC", 1276020076.001: "2010-06-08 18:01:16.001 UTC", 1e300: "1e+300 s", -1e300: "-1e+300 s",
	} {
		if got := timeText(seconds); got != want {
			t.Errorf("%g: %s, want %s", seconds, got, want)
		}
	}
}

func FuzzSenML(f *testing.F) {
	for _, s := range []string{
		`[{"bn":"a/","bt":1.2e9,"bver":26,"n":"x","u":"Cel","v":20.1},{"n":"y","vs":"z","t":-5,"x_":1}]`,
		cborOf(f, `[{-2: "a/", -3: 1276020076.001, 0: "x", 8: h'01', 4([-1, 5]): 1}, {6: -5, 2: 4([-1, 25])}]`),
	} {
		for _, format := range []int{110, 111, 112, 113, 320, 322} {
			f.Add(format, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		holds(t, As(NameSenML, format, data), data)
		sniffSenML(data)
	})
}
