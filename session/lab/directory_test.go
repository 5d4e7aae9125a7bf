package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

var linkFormat = opt(message.ContentFormat, int(message.AppLinkFormat))

// path is the Location-Path of a response.
func (g got) location() string {
	var segments []string
	for _, o := range g.options {
		if o.ID == message.LocationPath {
			segments = append(segments, string(o.Value))
		}
	}
	return "/" + strings.Join(segments, "/")
}

func TestDirectory(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	p.get(".well-known/core?rt=core.rd*").want(t, "2.05",
		`</rd>;rt="core.rd";ct=40;title="Resource directory: POST links with ?ep=name&base=URI",</rd-lookup/ep>;rt="core.rd-lookup-ep";ct=40;title="Endpoints of the resource directory",</rd-lookup/res>;rt="core.rd-lookup-res";ct=40;title="Resources of the resource directory"`)

	// The devices of the lab are in it.
	if n := strings.Count(string(p.get("rd-lookup/ep?d=lab").is(t, "2.05").payload), "ep="); n != len(l.Devices()) {
		t.Errorf("%d devices of the lab, want %d", n, len(l.Devices()))
	}
	store, _ := l.Device("store")
	p.get("rd-lookup/res?ep=store&rt=lab.settings").want(t, "2.05",
		`<coap://`+store.Addr.String()+`/settings>;rt="lab.settings";if="core.p";ct=50;obs;title="JSON object: FETCH names, PATCH with a merge patch"`)

	// RFC 9176 §5, §6.
	const links = `</sensors/temp>;rt=temperature-c;if="sensor core.s",<http://www.example.com/t>;rel=describedby;anchor="/sensors/temp"`
	location := p.do(codes.POST, "rd?ep=node1&d=floor-3&lt=500&base=coap://old.example&et=a&et=b", links, linkFormat).want(t, "2.01", "").location()
	if !strings.HasPrefix(location, "/rd/") {
		t.Fatalf("location %q", location)
	}
	entry := func(base string) string {
		return `<` + location + `>;base="` + base + `";ep="node1";d="floor-3";et="a";et="b";rt="core.rd-ep"`
	}
	resources := func(base string) string {
		return `<` + base + `/sensors/temp>;rt=temperature-c;if="sensor core.s",<http://www.example.com/t>;rel=describedby;anchor="` + base + `/sensors/temp"`
	}
	temp, _, _ := strings.Cut(resources("coap://old.example"), ",<")
	for query, want := range map[string]string{
		"ep?d=floor-3":                                  entry("coap://old.example"),
		"ep?ep=node1&if=core.s":                         entry("coap://old.example"), // of a resource
		"ep?ep=node1&if=core":                           "",
		"ep?ep=node1&rt=temperature-c&href=" + location: entry("coap://old.example"),
		"ep?et=b":               entry("coap://old.example"),
		"ep?ep=none":            "",
		"res?d=floor-3":         resources("coap://old.example"),
		"res?rt=temp*":          "", // set below: the sensor node has some, too
		"res?ep=node1&rt=temp*": temp,
		"res?href=coap://old.example/sensors/temp":            temp,
		"res?ep=node1&anchor=coap://old.example/sensors/temp": strings.TrimPrefix(resources("coap://old.example"), temp+","),
		"res?ep=node1&href=" + location:                       resources("coap://old.example"),
		"res?ep=node1&page=0&count=1":                         temp,
		"res?ep=node1&page=1&count=1":                         strings.TrimPrefix(resources("coap://old.example"), temp+","),
		"res?ep=node1&page=2&count=1":                         "",
		"res?ep=node1&count=1":                                temp,
		"res?ep=node1&page=4294967296&count=1":                "page is no number that it can be",
		"res?ep=node1&page=1":                                 "page cannot be without count",
	} {
		switch got := p.get("rd-lookup/" + query); {
		case query == "res?rt=temp*":
			if body := string(got.is(t, "2.05").payload); !strings.Contains(body, temp) || strings.Count(body, "<") < 2 {
				t.Errorf("%s: %s", query, body)
			}
		case strings.HasPrefix(want, "page"):
			got.want(t, "4.00", want)
		default:
			got.want(t, "2.05", want)
		}
	}

	// The same endpoint again has the same location, and other content.
	if again := p.do(codes.POST, "rd?ep=node1&d=floor-3&lt=60&base=coap://old.example&et=a&et=b", links, linkFormat).is(t, "2.01").location(); again != location {
		t.Errorf("registered anew at %s, was at %s", again, location)
	}
	clock.advance(50 * time.Second)
	p.do(codes.POST, location+"?base=coap://new.example", "").want(t, "2.04", "") // the lifetime starts anew, and is the same
	clock.advance(59 * time.Second)
	p.get("rd-lookup/ep?d=floor-3").want(t, "2.05", entry("coap://new.example"))
	p.get("rd-lookup/res?d=floor-3").want(t, "2.05", resources("coap://new.example"))
	clock.advance(time.Second)
	p.get("rd-lookup/ep?d=floor-3").want(t, "2.05", "")
	p.get("rd-lookup/res?d=floor-3").want(t, "2.05", "")
	p.do(codes.POST, location+"?lt=10", "").want(t, "2.04", "") // it can be renewed all the same
	p.get("rd-lookup/ep?d=floor-3").want(t, "2.05", entry("coap://new.example"))
	p.do(codes.DELETE, location, "").want(t, "2.02", "")
	p.get("rd-lookup/ep?d=floor-3").want(t, "2.05", "")
	p.do(codes.DELETE, location, "").is(t, "4.04")
	p.do(codes.POST, location, "").is(t, "4.04")

	// Without base it is the address of whoever asks. Long after its lifetime a registration is gone.
	gone := p.do(codes.POST, "rd?ep=node2&lt=1", "</a>", linkFormat).is(t, "2.01").location()
	p.get("rd-lookup/res?ep=node2").want(t, "2.05", "<coap://"+p.conn.LocalAddr().String()+"/a>")
	clock.advance(2 * time.Hour)
	p.do(codes.POST, "rd?ep=node3", "", linkFormat).is(t, "2.01")
	p.do(codes.POST, gone, "").is(t, "4.04")
	p.get("rd-lookup/ep?ep=store").is(t, "2.05")

	for query, why := range map[string]string{
		"": "ep is missing", "ep=x&lt=0": "lt is", "ep=x&lt=4294967296": "lt is", "ep=x&base=x": "base is", "ep=x&base=coap://[fe80::1%25eth0]": "base is",
		"ep=" + strings.Repeat("x", 64): "too long", "ep=a\n": "control", "ep=x&rt=y": "no parameter",
	} {
		if got := p.do(codes.POST, "rd?"+query, "</a>", linkFormat).is(t, "4.00"); !strings.Contains(string(got.payload), why) {
			t.Errorf("%q: %q, want %q", query, got.payload, why)
		}
	}
	for body, why := range map[string]string{
		"</a": "octet 0", "</a>,": "octet 4", "</a>;=x": "octet 5", `</a>;b="c`: "octet 7", "</a>;b=": "octet 7", "</a> x": "octet 4", "<%zz>": "octet 1", "\xff": "UTF-8",
	} {
		if got := p.do(codes.POST, "rd?ep=x", body, linkFormat).is(t, "4.00"); !strings.Contains(string(got.payload), why) {
			t.Errorf("%q: %q, want %q", body, got.payload, why)
		}
	}
	p.do(codes.POST, "rd?ep=x", "</a>").is(t, "4.15")
}

// Simple registration (RFC 9176 §5.1): the directory asks for the links, here in two blocks.
func TestSimpleRegistration(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	p.send(p.ask(message.Confirmable, codes.POST, ".well-known/rd?ep=simple&lt=60", ""))
	mid := p.mid
	for i, part := range []string{"</a>;title=\"one t", "wo\""} {
		q := p.receive()
		if q.header.code != codes.GET || q.option(message.Accept) != "28" || i == 1 && q.option(message.Block2) != "10" {
			t.Fatalf("asked with %v, Accept %s, Block2 %s", q.header.code, q.option(message.Accept), q.option(message.Block2))
		}
		p.send(encode(header{typ: message.Acknowledgement, code: codes.Content, mid: q.mid, token: q.token}, message.Options{
			opt(message.ContentFormat, int(message.AppLinkFormat)), blockOpt(message.Block2, i, i == 0, 0),
		}, []byte(part)))
	}
	if g := p.receive().want(t, "2.04", ""); g.typ != message.Acknowledgement || g.mid != mid {
		t.Errorf("answered with %v, message ID %d", g.typ, g.mid)
	}
	p.get("rd-lookup/res?ep=simple").want(t, "2.05", `<coap://`+p.conn.LocalAddr().String()+`/a>;title="one two"`)
	p.do(codes.POST, ".well-known/rd?ep=simple&base=coap://x", "").want(t, "4.00", "base is not for simple registration")
	p.send(p.ask(message.Confirmable, codes.POST, ".well-known/rd?ep=rejects", ""))
	q := p.receive()
	p.send(emptyMessage(message.Reset, q.mid))
	p.receive().want(t, "5.02", "no links from /.well-known/core: 5.02")
}
