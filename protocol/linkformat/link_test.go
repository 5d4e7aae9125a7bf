package linkformat

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func one(t *testing.T, payload string) Link {
	t.Helper()
	links, _ := Parse([]byte(payload))
	if len(links) != 1 {
		t.Fatalf("%d links in %s", len(links), payload)
	}
	return links[0]
}

func TestAccessors(t *testing.T) {
	l := one(t, `</t>;rt="temperature-c  core.s";if=sensor;RT=x;ct="0 112 70000 x";sz=262144;obs;title=plain;`+
		`title*=UTF-8'de'T%C3%BCr;rel="alternate urn:x";anchor="/a"`)
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"ResourceTypes", l.ResourceTypes(), []string{"temperature-c", "core.s", "x"}},
		{"Interfaces", l.Interfaces(), []string{"sensor"}},
		{"ContentFormats", l.ContentFormats(), []uint16{0, 112}},
		{"Observable", l.Observable(), true},
		{"Title", l.Title(), "Tür"},
		{"Rel", l.Rel(), []string{"alternate", "urn:x"}},
		{"Anchor", l.Anchor(), "/a"},
		{"Value", l.Value("IF"), "sensor"},
		{"Rel where none is", Link{}.Rel(), []string{"hosts"}},
		{"Observable where not", Link{}.Observable(), false},
		{"Title in ISO-8859-1", one(t, `</t>;title*=iso-8859-1''%FC`).Title(), "ü"},
		{"Title that cannot be decoded", one(t, `</t>;title*=koi8-r''%FC;title="x"`).Title(), "x"},
	} {
		if d := cmp.Diff(tt.want, tt.got); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestSize(t *testing.T) {
	for _, tt := range []struct {
		payload string
		size    int64
		ok      bool
	}{
		{`</t>;sz=262144`, 262144, true},
		{`</t>;sz="0"`, 0, true},
		{`</t>;sz=99999999999999999999999`, MaxSize, true},
		{`</t>;sz=big`, 0, false},
		{`</t>;sz=-1`, 0, false},
		{`</t>;sz`, 0, false},
		{`</t>`, 0, false},
	} {
		if size, ok := one(t, tt.payload).Size(); size != tt.size || ok != tt.ok {
			t.Errorf("%s: %d, %v", tt.payload, size, ok)
		}
	}
}

func TestResolve(t *testing.T) {
	const base = "coap://[2001:db8::1]:5684/dir/list?x=y"
	for _, tt := range []struct{ payload, base, target, context string }{
		{`</s/t>`, base, "coap://[2001:db8::1]:5684/s/t", "coap://[2001:db8::1]:5684/"},
		{`<t>`, base, "coap://[2001:db8::1]:5684/dir/t", "coap://[2001:db8::1]:5684/"},
		{`<../t?q#f>`, base, "coap://[2001:db8::1]:5684/t?q#f", "coap://[2001:db8::1]:5684/"},
		{`<>`, base, "coap://[2001:db8::1]:5684/dir/list?x=y", "coap://[2001:db8::1]:5684/"},
		{`<//other/t>`, base, "coap://other/t", "coap://other/"},
		{`<http://www.example.com/t123>;anchor="/s/t"`, base, "http://www.example.com/t123", "coap://[2001:db8::1]:5684/s/t"},
		{`<http://www.example.com/t123>`, base, "http://www.example.com/t123", "http://www.example.com/"},
		{`</t>;anchor="coap://x/y"`, base, "coap://[2001:db8::1]:5684/t", "coap://x/y"},
		{`</t>`, "coap://[fe80::1%25eth0]/.well-known/core", "coap://[fe80::1%25eth0]/t", "coap://[fe80::1%25eth0]/"},
		{`</a%2Fb/ü>`, base, "coap://[2001:db8::1]:5684/a%2Fb/%C3%BC", "coap://[2001:db8::1]:5684/"},
	} {
		target, context, err := one(t, tt.payload).Resolve(tt.base)
		if err != nil || target != tt.target || context != tt.context {
			t.Errorf("%s: %s, %s, %v", tt.payload, target, context, err)
		}
	}
	for _, tt := range []struct{ target, base, want string }{
		{"/t", "/not-absolute", `base "/not-absolute" is not an absolute URI (RFC 3986 §5.1)`},
		{"/%zz", base, `target of the link is not a URI reference (RFC 6690 §2): parse "/%zz": invalid URL escape "%zz"`},
	} {
		if _, _, err := (Link{Target: tt.target}).Resolve(tt.base); err == nil || err.Error() != tt.want {
			t.Errorf("%v", err)
		}
	}
}

func TestFilter(t *testing.T) {
	const payload = `</foo>;rt="light-lux core.sen-light";if="sensor";ct="0 40",` +
		`</foobar>;foo=bar;obs,</x>;foo="barley";rel=next,</y>;FOO=baz;rt=""`
	links, _ := Parse([]byte(payload))
	for _, tt := range []struct {
		options []string
		want    []string
	}{
		{nil, []string{"/foo", "/foobar", "/x", "/y"}},
		{[]string{"href=/foo"}, []string{"/foo"}},
		{[]string{"href=/foo*"}, []string{"/foo", "/foobar"}},
		{[]string{"foo=bar"}, []string{"/foobar"}},
		{[]string{"foo=bar*"}, []string{"/foobar", "/x"}},
		{[]string{"foo=*"}, []string{"/foobar", "/x", "/y"}},
		{[]string{"rt=light-lux"}, []string{"/foo"}},
		{[]string{"rt=core.sen*"}, []string{"/foo"}},
		{[]string{"rt=light-lux core.sen-light"}, nil},
		{[]string{"rt="}, []string{"/y"}},
		{[]string{"rt=*"}, []string{"/foo", "/y"}},
		{[]string{"ct=40"}, []string{"/foo"}},
		{[]string{"ct=4"}, nil},
		{[]string{"obs=*"}, []string{"/foobar"}},
		{[]string{"rel=hosts"}, nil},
		{[]string{"rel=next"}, []string{"/x"}},
		{[]string{"foo=*", "href=/x"}, []string{"/x"}},
	} {
		var filters []Filter
		for _, o := range tt.options {
			f, err := ParseFilter(o)
			if err != nil || f.String() != o {
				t.Errorf("%s: %v, %v", o, f, err)
			}
			filters = append(filters, f)
		}
		var got []string
		for _, l := range links.Select(filters...) {
			got = append(got, l.Target)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%v: %s", tt.options, d)
		}
	}
	for _, option := range []string{"", "rt", "=x"} {
		if f, err := ParseFilter(option); err == nil {
			t.Errorf("%q gives %v", option, f)
		}
	}
}

func TestAppend(t *testing.T) {
	links := Links{{Target: "/a>b c", Attributes: []Attribute{
		NewText("rt", "x"), NewNumber("ct", 40), NewFlag("obs"), NewText("title", `say "hi" \`),
		{Name: "q", Value: "two words", Form: Token},
		{Name: "e", Form: Token},
	}}}
	const want = `</a%3Eb%20c>;rt="x";ct=40;obs;title="say \"hi\" \\";q="two words";e=""`
	if got, err := links.Append(nil); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	links = append(links, Link{Target: "/b", Attributes: []Attribute{NewFlag("a b")}})
	got, err := links.Append([]byte("x"))
	const message = "link 2 </b>: \"a b\" cannot be the name of an attribute; letters, digits and !#$&+-.^_`|~ can (RFC 6690 §2, parmname)"
	if err == nil || err.Error() != message || string(got) != "x" {
		t.Errorf("%s, %v", got, err)
	}
}

// withoutSpans is what two readings of the same links have in common.
func withoutSpans(links Links) Links {
	var plain Links
	for _, l := range links {
		p := Link{Target: l.Target}
		for _, a := range l.Attributes {
			p.Attributes = append(p.Attributes, Attribute{Name: a.Name, Value: a.Value, Form: a.Form})
		}
		plain = append(plain, p)
	}
	return plain
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	attribute := rapid.Custom(func(t *rapid.T) Attribute {
		a := Attribute{Name: rapid.StringMatching(`[a-zA-Z0-9!#$&+.^_|~-]{1,6}\*?`).Draw(t, "name")}
		a.Form = Form(rapid.IntRange(0, 2).Draw(t, "form"))
		switch a.Form {
		case Token:
			a.Value = rapid.StringMatching("[!#$%&'()*+./0-9:<=>?@a-zA-Z^_`{|}~\\[\\]-]{1,8}").Draw(t, "token")
		case Quoted:
			a.Value = string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		}
		return a
	})
	link := rapid.Custom(func(t *rapid.T) Link {
		return Link{
			Target:     rapid.StringMatching(`[!#$%&'()*+,./0-9:;=?@A-Za-z_~ü\[\]-]{0,12}`).Draw(t, "target"),
			Attributes: rapid.SliceOfN(attribute, 0, 5).Draw(t, "attributes"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		links := Links(rapid.SliceOfN(link, 0, 5).Draw(t, "links"))
		written, err := links.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		read, err := Parse(written)
		for _, e := range asErrors(err) {
			if e.Lost {
				t.Fatalf("%s: %v", written, e)
			}
		}
		if d := cmp.Diff(withoutSpans(links), withoutSpans(read)); d != "" {
			t.Fatalf("%s: %s", written, d)
		}
	})
}

func asErrors(err error) ParseErrors {
	errs, _ := err.(ParseErrors)
	return errs
}

func FuzzParse(f *testing.F) {
	for _, payload := range canonical {
		f.Add([]byte(payload))
	}
	f.Add([]byte("</a>;title=\"x,</b>;rt=x;=\r\n, <c"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		links, err := Parse(payload)
		for _, e := range asErrors(err) {
			if e.Offset < 0 || e.Offset > len(payload) {
				t.Fatalf("offset %d of %d", e.Offset, len(payload))
			}
		}
		last := 0
		for _, l := range links {
			if l.Span.Start < last || l.TargetSpan.Start != l.Span.Start+1 || l.Span.End > len(payload) ||
				string(payload[l.TargetSpan.Start:l.TargetSpan.End]) != l.Target {
				t.Fatalf("spans of %+v", l)
			}
			last = l.Span.Start + len(l.Target) + 2
			for _, a := range l.Attributes {
				if a.Span.Start < last || a.Span.End > l.Span.End || a.ValueSpan.End > a.Span.End {
					t.Fatalf("spans of %+v in %+v", a, l)
				}
				last = a.Span.End
			}
			_, _, _ = l.Resolve("coap://host/dir/list")
		}
		// Writing heals: what was read is written so that it reads the same, and writes the same.
		written, err := links.Append(nil)
		if err != nil {
			return // a name that cannot be written
		}
		again, err := Parse(written)
		for _, e := range asErrors(err) {
			if e.Lost {
				t.Fatalf("%q: %v", written, e)
			}
		}
		if rewritten := again.String(); rewritten != string(written) {
			t.Fatalf("%q\nbecame %q", written, rewritten)
		}
	})
}
