package view

import (
	"net/netip"
	"strings"
	"testing"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// answered has the current tab of a workbench hold the answer to a draft. Nothing of it was sent.
func answered(t *testing.T, w *Workbench, d draft.Draft, m protocol.Message) *Tab {
	t.Helper()
	tab := w.NewTab()
	tab.Draft = d
	b := d.Build(protocol.URI{}, nil)
	if len(b.Problems) > 0 {
		t.Fatal(b.Problems)
	}
	tab.question = &question{b.URI, b.Request.Message, d.Clone()}
	tab.take(&Answer{Message: m, From: netip.MustParseAddrPort("192.0.2.1:5683"), Exchanges: 1})
	return tab
}

func find(actions []Action, id string) (Action, bool) {
	for _, a := range actions {
		if a.ID == id {
			return a, true
		}
		if in, ok := find(a.Menu, id); ok {
			return in, true
		}
	}
	return Action{}, false
}

// withoutSending does an action and stops what it has sent, and gives the draft of the tab that it is in.
func withoutSending(w *Workbench, a Action) draft.Draft {
	a.Do()
	w.stop(w.Tab())
	return w.Tab().Draft
}

func listed(w *Workbench, links string) {
	parsed, _ := linkformat.Parse([]byte(links))
	w.known.Add(discovery.Device{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683"), Links: parsed})
}

func options(m protocol.Message, pairs ...any) protocol.Message {
	for i := 0; i < len(pairs); i += 2 {
		n := pairs[i].(protocol.OptionNumber)
		switch v := pairs[i+1].(type) {
		case int:
			m.Options = m.Options.AddUint(n, uint64(v))
		case string:
			m.Options = m.Options.Add(n, []byte(v))
		}
	}
	return m
}

func text(d *draft.Draft, n protocol.OptionNumber) string {
	if i := d.Option(n); i >= 0 {
		return d.Options[i].Text
	}
	return "none"
}

const at = "coap://192.0.2.1/a/b"

func TestActionsOfAnswers(t *testing.T) {
	w, _ := stage(t)
	listed(w, `</a/b>;ct="0 50 60";if="core.a"`)
	get := draft.Draft{Method: protocol.GET, Address: at}
	put := draft.Draft{Method: protocol.PUT, Address: at, Payload: strings.Repeat("x", 300)}
	with := func(d draft.Draft, options ...draft.Option) draft.Draft {
		d = d.Clone()
		d.Options = append(d.Options, options...)
		return d
	}
	code := func(c protocol.Code) protocol.Message { return protocol.Message{Code: c} }
	for _, c := range []struct {
		name   string
		draft  draft.Draft
		answer protocol.Message
		ids    string // of all actions, menus opened
		id     string // of the one that is done
		check  func(d *draft.Draft) bool
	}{
		{
			"created",
			draft.Draft{Method: protocol.POST, Address: at},
			options(code(protocol.Created), protocol.LocationPath, "x y", protocol.LocationPath, "1", protocol.LocationQuery, "v=1"),
			"open delete", "open", func(d *draft.Draft) bool {
				return d.Method == protocol.GET && d.Address == "coap://192.0.2.1/x%20y/1?v=1"
			},
		},
		{
			"delete what was created", put, code(protocol.Created),
			"open delete", "delete", func(d *draft.Draft) bool { return d.Method == protocol.DELETE && d.Address == at },
		},
		{
			"a location must not climb",
			draft.Draft{Method: protocol.POST, Address: at},
			options(code(protocol.Created), protocol.LocationPath, ".."),
			"open", "", nil,
		},
		{
			"ETag as If-Match", with(get, draft.Option{Number: protocol.Accept, Text: "0"}),
			options(protocol.Message{Code: protocol.Content, Payload: []byte("21")}, protocol.ETag, "\x01\x02", protocol.ContentFormatOption, 0),
			"validate if-match", "if-match", func(d *draft.Draft) bool {
				return d.Method == protocol.PUT && d.Payload == "21" && d.Form == draft.Text && text(d, protocol.IfMatch) == "0x0102" && text(d, protocol.Accept) == "none" && text(d, protocol.ContentFormatOption) == "0 text/plain; charset=utf-8"
			},
		},
		{
			"CBOR is written in notation", get,
			options(protocol.Message{Code: protocol.Content, Payload: []byte{0xa1, 0x61, 'v', 1}}, protocol.ETag, "\x01", protocol.ContentFormatOption, 60),
			"validate if-match", "if-match", func(d *draft.Draft) bool { return d.Form == draft.Diagnostic && d.Payload == `{"v": 1}` },
		},
		{
			"validate", get, options(code(protocol.Content), protocol.ETag, "\x0a"),
			"validate if-match", "validate", func(d *draft.Draft) bool { return d.Method == protocol.GET && text(d, protocol.ETag) == "0x0a" },
		},
		{
			"valid", with(get, draft.Option{Number: protocol.ETag, Text: "0x0a"}), options(code(protocol.Valid), protocol.ETag, "\x0a"),
			"whole if-match", "whole", func(d *draft.Draft) bool { return text(d, protocol.ETag) == "none" },
		},
		{
			"next block", with(get, draft.Option{Number: protocol.Block2, Text: "2/0/64"}), options(code(protocol.Content), protocol.Block2, 2<<4|8|2),
			"next previous all", "next", func(d *draft.Draft) bool { return text(d, protocol.Block2) == "3/0/64" && d.Plain },
		},
		{
			"in the size of the response", with(get, draft.Option{Number: protocol.Block2, Text: "0/0/64"}), options(code(protocol.Content), protocol.Block2, 8|1),
			"next all", "next", func(d *draft.Draft) bool { return text(d, protocol.Block2) == "1/0/32" },
		},
		{
			"the last block", with(get, draft.Option{Number: protocol.Block2, Text: "3/0/64"}), options(code(protocol.Content), protocol.Block2, 3<<4|2),
			"previous all", "all", func(d *draft.Draft) bool { return text(d, protocol.Block2) == "none" && !d.Plain },
		},
		{
			"not acceptable", with(get, draft.Option{Number: protocol.Accept, Text: "50"}), code(protocol.NotAcceptable),
			"accept-0 accept-60 accept-any", "accept-60", func(d *draft.Draft) bool { return text(d, protocol.Accept) == "60 application/cbor" },
		},
		{
			"Echo", put, options(code(protocol.Unauthorized), protocol.Echo, "\xca\xfe"),
			"echo", "echo", func(d *draft.Draft) bool {
				return text(d, protocol.Echo) == "0xcafe" && d.EchoByHand && d.Method == protocol.PUT
			},
		},
		{
			"a hint at smaller blocks", put, options(code(protocol.RequestEntityTooLarge), protocol.Block1, 2),
			"smaller", "smaller", func(d *draft.Draft) bool { return d.BlockSize == 64 },
		},
		{
			"no hint", put, options(code(protocol.RequestEntityTooLarge), protocol.Size1, 100),
			"limit smaller", "smaller", func(d *draft.Draft) bool { return d.BlockSize == 256 },
		},
		{
			"methods", put, code(protocol.MethodNotAllowed),
			"method-GET method-POST method-FETCH method-PATCH method-iPATCH method-DELETE", "method-POST",
			func(d *draft.Draft) bool { return d.Method == protocol.POST && len(d.Payload) == 300 },
		},
		{
			"the option that is named", with(put, draft.Option{Number: protocol.IfMatch, Text: "0x01"}, draft.Option{Number: 65001, Text: "1"}),
			protocol.Message{Code: protocol.BadOption, Payload: []byte("Unknown critical option: If-Match")},
			"leave-out-1", "leave-out-1", func(d *draft.Draft) bool { return d.Options[0].Off && !d.Options[1].Off },
		},
		{
			"by its number", with(put, draft.Option{Number: protocol.IfMatch, Text: "0x01"}, draft.Option{Number: 65001, Text: "1"}),
			protocol.Message{Code: protocol.BadOption, Payload: []byte("option 65001?")},
			"leave-out-65001", "", nil,
		},
		{
			// {-8: [65001]}
			"in problem details", with(put, draft.Option{Number: protocol.IfMatch, Text: "0x01"}, draft.Option{Number: 65001, Text: "1"}),
			options(protocol.Message{Code: protocol.BadOption, Payload: []byte{0xa1, 0x27, 0x81, 0x19, 0xfd, 0xe9}}, protocol.ContentFormatOption, 257),
			"leave-out-65001", "", nil,
		},
		{
			"none is named", with(put, draft.Option{Number: protocol.IfMatch, Text: "0x01"}, draft.Option{Number: 65001, Text: "1"}, draft.Option{Number: 65000, Text: "1"}),
			code(protocol.BadOption), "leave-out-1 leave-out-65001", "", nil,
		},
		{
			"unavailable", get, options(code(protocol.ServiceUnavailable), protocol.MaxAge, 12),
			"later now", "now", func(d *draft.Draft) bool { return d.Impatient },
		},
		{"unknown format", put, code(protocol.UnsupportedContentFormat), "formats", "", nil},
		{
			"not found", get, code(protocol.NotFound), "core", "core",
			func(d *draft.Draft) bool { return d.Address == "coap://192.0.2.1/.well-known/core" },
		},
		{"precondition", put, code(protocol.PreconditionFailed), "open", "open", func(d *draft.Draft) bool { return d.Method == protocol.GET && d.Address == at }},
		{"an answer without a code", get, protocol.Message{}, "", "", nil},
	} {
		tab := answered(t, w, c.draft, c.answer)
		actions := w.Actions()
		var ids []string
		for _, a := range actions {
			if a.Menu == nil {
				ids = append(ids, a.ID)
			}
			for _, in := range a.Menu {
				ids = append(ids, in.ID)
			}
			if a.Title == "" || a.Hint == "" || a.Menu == nil && a.Do == nil && !strings.HasPrefix(a.Title, "It takes") {
				t.Errorf("%s: %+v", c.name, a)
			}
		}
		if got := strings.Join(ids, " "); got != c.ids {
			t.Errorf("%s: %s, want %s", c.name, got, c.ids)
		}
		if c.check != nil {
			a, ok := find(actions, c.id)
			if !ok {
				t.Errorf("%s: no %s", c.name, c.id)
				continue
			}
			if d := withoutSending(w, a); !c.check(&d) {
				t.Errorf("%s, after %s: %+v", c.name, c.id, d)
			}
		}
		w.CloseTab(tab.ID)
	}
}

// What was written since the answer stays: the follow-up is in a tab of its own.
func TestActionsKeepWhatWasWritten(t *testing.T) {
	w, _ := stage(t)
	tab := answered(t, w, draft.Draft{Method: protocol.GET, Address: at}, options(protocol.Message{Code: protocol.Content}, protocol.ETag, "\x0a"))
	tab.Draft.Payload = "written since"
	a, _ := find(w.Actions(), "if-match")
	if d := withoutSending(w, a); d.Payload != "" || text(&d, protocol.IfMatch) != "0x0a" || w.Tab() == tab {
		t.Errorf("%+v", d)
	}
	if tab.Draft.Payload != "written since" || tab.Draft.Method != protocol.GET {
		t.Errorf("%+v", tab.Draft)
	}
}

// Resources that say they cannot be observed are not offered to be.
func TestObserveIsOfferedWhereItMay(t *testing.T) {
	w, _ := stage(t)
	listed(w, `</no>,</yes>;obs`)
	for path, want := range map[string]bool{"/no": false, "/yes": true, "/yes?a=1": true, "/unknown": true} {
		answered(t, w, draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1" + path}, protocol.Message{Code: protocol.Content})
		if _, ok := find(w.Actions(), "observe"); ok != want {
			t.Errorf("%s: offered %v", path, ok)
		}
	}
}

// References are resolved against what was asked for, not against the root.
func TestLinksOfPayloads(t *testing.T) {
	const core = int(protocol.LinkFormat)
	for _, c := range []struct {
		base, payload string
		format        int
		view          string // empty for the first
		want          string
	}{
		{"coap://192.0.2.1/.well-known/core", `</a>;rt="x",<b/c?d>,<coap://[fe80::2]:61616/e>,<//h/f>,<http://h/g>`, core, payload.NameLinks, "coap://192.0.2.1/a coap://192.0.2.1/.well-known/b/c?d coap://[fe80::2]:61616/e coap://h/f"},
		{"coap://[fe80::1%25eth0]/x/y/z", `<../w>,<?q=1>,<#part>`, core, payload.NameLinks, "coap://[fe80::1%25eth0]/x/w coap://[fe80::1%25eth0]/x/y/z?q=1"},
		{"coap://192.0.2.1/l", `</alarm>;rel="monitor";anchor="/sensors/1"`, core, payload.NameLinks, "coap://192.0.2.1/alarm coap://192.0.2.1/sensors/1"},
		{"coap://192.0.2.1/l", `</a>;obs;ct=40,</b>`, core, payload.NameLinkTable, "coap://192.0.2.1/a coap://192.0.2.1/b"},
		{"coap://192.0.2.1/l", `{"next": "/items/2", "unit": "m/s", "root": "/", "more": "coap://h/x#y", "n": "/ 5", "web": "https://h/"}`, 50, "", "coap://192.0.2.1/items/2 coap://h/x"},
		{"coap://192.0.2.1/l", "see coap://[::1]:99/a, (coap://h/b). /known or /else; 5 /7", 0, "", "coap://[::1]:99/a coap://h/b coap://192.0.2.1/known"},
		{"coap://192.0.2.1/l", "\xa1\x61a\x68/items/3", 60, "", "coap://192.0.2.1/items/3"},
		{"", `</a>`, core, "", ""},
	} {
		var r Rendering
		if c.base != "" {
			base, err := protocol.ParseURI(c.base)
			if err != nil {
				t.Fatal(err)
			}
			r.SetBase(base, func(path string) bool { return path == "/known" })
		}
		r.Show(c.format, []byte(c.payload))
		if c.view != "" {
			r.Choose(c.view)
		}
		var got []string
		for row := range r.Len() {
			line := r.Row(row)
			for _, l := range r.Links(row) {
				if text := line[l.Span].Text[l.From:l.To]; text == "" || strings.ContainsAny(text, " \"<>") {
					t.Errorf("%s: the link is %q", l.URI, text)
				}
				got = append(got, l.URI)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s at %s as %s: %s, want %s", c.payload, c.base, r.View().Name, text, c.want)
		}
	}
}

// FuzzLinksOfPayloads holds links of any payload to lie within the text, and to be URIs of CoAP.
func FuzzLinksOfPayloads(f *testing.F) {
	for _, p := range []string{`</a>;anchor="/b",<c>`, `{"a": "/b"}`, "see coap://h/x /known ]", "\xa1\x61a\x68/items/3", `<\x00>`} {
		for _, format := range []int{-1, 0, 40, 50, 60} {
			f.Add(format, []byte(p))
		}
	}
	base := protocol.URI{Scheme: protocol.CoAP, Host: "fe80::1%eth0", Port: 5683, Path: []string{"a", "b"}}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		var r Rendering
		r.SetBase(base, func(string) bool { return true })
		r.Show(format, data)
		for _, v := range append([]payload.View(nil), r.Views...) {
			r.Choose(v.Name)
			for row := range min(r.Len(), 50) {
				line := r.Row(row)
				for _, l := range r.Links(row) {
					if l.From < 0 || l.From > l.To || l.To > len(line[l.Span].Text) {
						t.Fatalf("%+v of %q", l, line[l.Span].Text)
					}
					if u, err := protocol.ParseURI(l.URI); err != nil || u.String() != l.URI {
						t.Fatalf("%q: %v", l.URI, err)
					}
				}
			}
		}
	})
}
