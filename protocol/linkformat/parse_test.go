package linkformat

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Payloads of RFC 6690 §5, without the line feeds that are there for readability, and of other documents.
var canonical = []string{
	``,
	`</sensors/temp>;if="sensor",</sensors/light>;if="sensor"`,
	`</sensors>;ct=40`,
	`</sensors/temp>;rt="temperature-c";if="sensor",</sensors/light>;rt="light-lux";if="sensor"`,
	`</sensors/light>;rt="light-lux core.sen-light";if="sensor"`,
	`</sensors>;ct=40;title="Sensor Index",</sensors/temp>;rt="temperature-c";if="sensor",` +
		`</sensors/light>;rt="light-lux";if="sensor",` +
		`<http://www.example.com/sensors/t123>;anchor="/sensors/temp";rel="describedby",` +
		`</t>;anchor="/sensors/temp";rel="alternate"`,
	`</firmware/v2.1>;rt="firmware";sz=262144`,
	`</a,b;c>;title="x, <y>; \"z\" \\";obs;vendor;vendor=1;vendor="1"`,
	`<>`,
	`</t>;title*=UTF-8'de'T%C3%BCr;ct="0 40 65535";sz=0`,
	`</ü>;title="Tür"`,
}

func TestParseKeepsCanonicalPayloads(t *testing.T) {
	for _, payload := range canonical {
		links, err := Parse([]byte(payload))
		if err != nil {
			t.Errorf("%s\n%v", payload, err)
		}
		got, err := links.Append([]byte("x"))
		if err != nil || string(got) != "x"+payload {
			t.Errorf("wrote %s, %v\n want %s", got, err, payload)
		}
		for _, l := range links {
			if s := payload[l.Span.Start:l.Span.End]; s != l.String() {
				t.Errorf("span of link %s covers %s", l, s)
			}
			if s := payload[l.TargetSpan.Start:l.TargetSpan.End]; s != l.Target {
				t.Errorf("span of target %s covers %s", l.Target, s)
			}
			for _, a := range l.Attributes {
				if s := payload[a.Span.Start:a.Span.End]; s != a.String() {
					t.Errorf("span of attribute %s covers %s", a, s)
				}
				if s := payload[a.ValueSpan.Start:a.ValueSpan.End]; a.Form != Flag && a.Name+"="+s != a.String() {
					t.Errorf("span of the value of %s covers %s", a, s)
				}
			}
		}
	}
}

func TestParseReadsAll(t *testing.T) {
	links, err := Parse([]byte(`</a>;rt="x y";obs;ct=40,<b>`))
	if err != nil {
		t.Fatal(err)
	}
	want := Links{
		{
			Target: "/a", Span: Span{0, 23}, TargetSpan: Span{1, 3},
			Attributes: []Attribute{
				{"rt", "x y", Quoted, Span{5, 13}, Span{8, 13}},
				{"obs", "", Flag, Span{14, 17}, Span{}},
				{"ct", "40", Token, Span{18, 23}, Span{21, 23}},
			},
		},
		{Target: "b", Span: Span{24, 27}, TargetSpan: Span{25, 26}},
	}
	if d := cmp.Diff(want, links); d != "" {
		t.Error(d)
	}
}

func TestParseReportsAndGoesOn(t *testing.T) {
	type problem struct {
		offset int
		part   string
		clause string
		lost   bool
	}
	for _, tt := range []struct {
		name, payload, kept string
		want                []problem
	}{
		{
			"white space", "</a>;ct=40,\r\n </b> ; rt=\"x\" ,</c>", `</a>;ct=40,</b>;rt="x",</c>`,
			[]problem{{11, "link 1", "RFC 6690 §2", false}},
		},
		{
			"lines broken before attributes", "</a>\n;rel=\"describedby\"\n", `</a>;rel="describedby"`,
			[]problem{{4, "link 1", "RFC 6690 §2", false}},
		},
		{"comma at the end", `</a>,`, `</a>`, []problem{{4, "link 1", "RFC 6690 §2, link-value-list", false}}},
		{"two commas", `</a>,,</b>`, `</a>,</b>`, []problem{{5, "link 2", "RFC 6690 §2, link-value-list", false}}},
		{"semicolon at the end", `</a>;,</b>`, `</a>,</b>`, []problem{{5, "link 1", "RFC 6690 §2, link-param", false}}},
		{"no angle bracket", `/a;ct=40,</b>`, `</b>`, []problem{{0, "link 1", "RFC 6690 §2, link-value", true}}},
		{"target not closed", `</a;rt="x",</b>`, `</b>`, []problem{{7, "link 1", "RFC 6690 §2, link-value", true}}},
		{"target cut off", `</a>,</b`, `</a>`, []problem{{8, "link 2", "RFC 6690 §2, link-value", true}}},
		{
			"quote cut off", `</a>,</b>;ct=40;title="Tem`, `</a>,</b>;ct=40`,
			[]problem{{22, "link 2, attribute title", "RFC 2616 §2.2, quoted-string", true}},
		},
		{
			"quote not closed", `</a>;rt=x;title="Tem,</b>;obs`, `</a>;rt=x,</b>;obs`,
			[]problem{{16, "link 1, attribute title", "RFC 2616 §2.2, quoted-string", true}},
		},
		{
			"text after a quote", `</a>;rt="x"y;if="z",</b>`, `</a>;rt="x",</b>`,
			[]problem{{11, "link 1", "RFC 6690 §2, link-value", true}},
		},
		{"no name", `</a>;="x",</b>`, `</a>,</b>`, []problem{{5, "link 1", "RFC 6690 §2, link-param", true}}},
		{
			"quotes missing", `</a>;title=Room 3,</b>`, `</a>;title="Room 3",</b>`,
			[]problem{{15, "link 1, attribute title", "RFC 6690 §2, ptoken", false}},
		},
		{"no value", `</a>;rt=;obs`, `</a>;rt="";obs`, []problem{
			{8, "link 1, attribute rt", "RFC 6690 §2, ptoken", false},
			{8, "link 1, attribute rt", "RFC 6690 §2, relation-types", false},
		}},
		{"space in a target", `</a b>`, `</a%20b>`, []problem{{3, "link 1", "RFC 3986 §4.1, URI-reference", false}}},
		{"repeated rt", `</a>;rt=x;RT=y`, `</a>;rt=x;RT=y`, []problem{{10, "link 1, attribute RT", "RFC 6690 §3.1", false}}},
		{"obs with a value", `</a>;obs=1`, `</a>;obs=1`, []problem{{9, "link 1, attribute obs", "RFC 7641 §6", false}}},
		{"sz not cardinal", `</a>;sz=007`, `</a>;sz=007`, []problem{{8, "link 1, attribute sz", "RFC 6690 §2, cardinal", false}}},
		{"ct not a number", `</a>;ct="40 x"`, `</a>;ct="40 x"`, []problem{{8, "link 1, attribute ct", "RFC 7252 §7.2.1", false}}},
		{"ct too large", `</a>;ct=65536`, `</a>;ct=65536`, []problem{{8, "link 1, attribute ct", "RFC 7252 §7.2.1", false}}},
		{"ct without quotes", `</a>;ct=0,40,</b>`, `</a>;ct=0,</b>`, []problem{{10, "link 2", "RFC 6690 §2, link-value", true}}},
		{"href", `</a>;href=x`, `</a>;href=x`, []problem{{5, "link 1, attribute href", "RFC 6690 §2", false}}},
		{
			"rel not a type", `</a>;rel="Next urn:x"`, `</a>;rel="Next urn:x"`,
			[]problem{{9, "link 1, attribute rel", "RFC 6690 §2, relation-type", false}},
		},
		{
			"title* without charset", `</a>;title*=x`, `</a>;title*=x`,
			[]problem{{12, "link 1, attribute title*", "RFC 8187 §3.2.1, ext-value", false}},
		},
		{"name", `</a>;a:b=1`, `</a>;a:b=1`, []problem{{5, "link 1, attribute a:b", "RFC 6690 §2, parmname", false}}},
		{"not UTF-8", "</\xff>", "</\xff>", []problem{{2, "payload", "RFC 6690 §2", false}}},
		{
			"control character", "</a>;title=\"\x01\"", "</a>;title=\"\\\x01\"",
			[]problem{{12, "link 1, attribute title", "RFC 2616 §2.2, quoted-string", false}},
		},
		{"no link-format at all", `{"a": 1}`, ``, []problem{{0, "link 1", "RFC 6690 §2, link-value", true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			links, err := Parse([]byte(tt.payload))
			var errs ParseErrors
			if !errors.As(err, &errs) {
				t.Fatalf("error is %v", err)
			}
			var got []problem
			lost := false
			for _, e := range errs {
				got = append(got, problem{e.Offset, e.Part, e.Reference, e.Lost})
				lost = lost || e.Lost
			}
			if d := cmp.Diff(tt.want, got, cmp.AllowUnexported(problem{})); d != "" {
				t.Errorf("%s\n%v", d, err)
			}
			if s := links.String(); s != tt.kept {
				t.Errorf("kept %s\nwant %s", s, tt.kept)
			}
			if errs.Lost() != lost {
				t.Errorf("Lost is %v", errs.Lost())
			}
			var first *ParseError
			if !errors.As(err, &first) || first != errs[0] {
				t.Errorf("first error as *ParseError is %v", first)
			}
		})
	}
}

func TestErrorSaysWhatAndWhere(t *testing.T) {
	_, err := Parse([]byte(`</a>,</b>;sz=x`))
	want := `link-format, byte 13, link 2, attribute sz: a size is a number without leading zeros, not "x" (RFC 6690 §2, cardinal)`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// Each of these was, or could become, quadratic. Twice the length may not take much more than twice the
// time; as time is not to be trusted on a busy machine, the test only demands that they end.
func TestParseBoundsHostilePayloads(t *testing.T) {
	const n = 1 << 20
	for _, unit := range []string{`,<"`, `,<\"`, `<`, `,`, `;`, `<>,`, `<>;rt`, `<>;a=`, `,<>;a="`, ` `, `"`, `<>;title="\`} {
		payload := []byte(strings.Repeat(unit, n/len(unit)))
		start := time.Now()
		links, err := Parse(payload)
		var errs ParseErrors
		if errors.As(err, &errs) && len(errs) > maxErrors+maxLost+1 {
			t.Errorf("%q: %d errors", unit, len(errs))
		}
		t.Logf("%q: %d links, %d errors, %v", unit, len(links), len(errs), time.Since(start))
	}
	half := strings.Repeat(";a", n/8) + strings.Repeat(";rt", n/8)
	if links, _ := Parse([]byte("<>" + half)); len(links[0].Attributes) != n/4 {
		t.Errorf("%d attributes", len(links[0].Attributes))
	}
}
