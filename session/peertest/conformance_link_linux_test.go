package peertest_test

import (
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

const (
	noFilter  = "the server's resources have other attributes"
	likeLINK1 = "the client does not read links: what it sends is that of LINK_02"
)

// linkCase asks for the links that pass a query. All that come have to be named, and all that are named have to come; those
// that are not among only are not looked at.
func linkCase(query, scriptQuery string, want ...string) [pairings]cell {
	script := `> CON GET mid=$m token=$t Uri-Path=.well-known,core QUERY
		< ACK 2.05 mid=$m token=$t Content-Format=40 payload`
	script = strings.Replace(script, "QUERY", scriptQuery, 1)
	path := "/.well-known/core" + query
	return [pairings]cell{
		played(func(p *play) {
			r := p.askFor(whole, protocol.GET, path, protocol.Content)
			p.holdLinks(r.Message.Payload, want)
			p.firstOf(script)
		}),
		not(noFilter),
		played(func(p *play) {
			p.holdLinks(p.coap("", path), want)
			p.firstOf(script)
		}),
		played(func(p *play) {
			request := step{"pathname": "/.well-known/core"}
			if query != "" {
				request["query"] = query[1:]
			}
			p.holdLinks(p.node(request)[0].Payloads[0], want)
			p.firstOf(script)
		}),
	}
}

// firstOf holds what was said against a script that more blocks may follow.
func (p *play) firstOf(script string) {
	p.Helper()
	p.wire(script + "\n...")
}

// holdLinks compares the targets of links with those wanted; nil stands for at least one.
func (p *play) holdLinks(payload []byte, want []string) []linkformat.Link {
	p.Helper()
	links, err := linkformat.Parse(payload)
	if err != nil {
		p.Fatalf("links: %v in %q", err, payload)
	}
	var got []string
	for _, l := range links {
		got = append(got, l.Target)
	}
	slices.Sort(got)
	if want == nil && len(got) == 0 || want != nil && !slices.Equal(got, want) {
		p.Errorf("the links are %q, want %q", got, want)
	}
	return links
}

var linkCases = []plugtest{
	{"TD_COAP_LINK_01", "/.well-known/core", except(linkCase("", "!Uri-Query"), engineWithLibcoap, played(func(p *play) {
		r := p.ask(protocol.GET, "/.well-known/core", protocol.Content)
		p.holdLinks(r.Message.Payload, nil)
		p.firstOf(`> CON GET mid=$m token=$t Uri-Path=.well-known,core !Uri-Query
			< ACK 2.05 mid=$m token=$t Content-Format=40 payload`)
	}))},
	{"TD_COAP_LINK_02", "filtered by rt", except(linkCase("?rt=Type1", "Uri-Query=rt=Type1", "/link1", "/link3"), engineWithLibcoap, played(func(p *play) {
		r := p.ask(protocol.GET, "/.well-known/core?rt=ticks", protocol.Content)
		p.holdLinks(r.Message.Payload, []string{"/time"})
		p.firstOf(`> CON GET mid=$m token=$t Uri-Path=.well-known,core Uri-Query=rt=ticks
			< ACK 2.05 mid=$m token=$t Content-Format=40 payload`)
	}))},
	{"TD_COAP_LINK_03", "empty prefix: all that have an rt", linkHasCase("?rt=*", "rt")},
	{"TD_COAP_LINK_04", "one of several rt", linkCase("?rt=Type2", "Uri-Query=rt=Type2", "/link1", "/link2")},
	{"TD_COAP_LINK_05", "filtered by if", linkCase("?if=If*", "Uri-Query=if=If*", "/link1", "/link2")},
	{"TD_COAP_LINK_06", "empty prefix: all that have an sz", linkHasCase("?sz=*", "sz")},
	{"TD_COAP_LINK_07", "filtered by href", linkCase("?href=/link1", "Uri-Query=href=/link1", "/link1")},
	{"TD_COAP_LINK_08", "filtered by a prefix of href", linkCase("?href=/link*", "Uri-Query=href=/link*", "/link1", "/link2", "/link3")},
	{"TD_COAP_LINK_09", "hierarchy", [pairings]cell{
		played(func(p *play) {
			links := p.holdLinks(p.ask(protocol.GET, "/.well-known/core?href=/path", protocol.Content).Message.Payload, []string{"/path"})
			if ct, _ := links[0].Attribute("ct"); ct.Value != "40" {
				p.Errorf("the link to /path has ct=%q, want 40", ct.Value)
			}
			below := p.holdLinks(p.ask(protocol.GET, "/path", protocol.Content).Message.Payload, []string{"/path/sub1", "/path/sub2", "/path/sub3"})
			for _, l := range below {
				p.ask(protocol.GET, l.Target, protocol.Content)
			}
			p.firstOf(`> CON GET mid=$m token=$t Uri-Path=.well-known,core
				< ACK 2.05 mid=$m token=$t Content-Format=40 payload
				> CON GET mid=$n token=$u Uri-Path=path
				< ACK 2.05 mid=$n token=$u Content-Format=40 payload`)
		}),
		not("the server has no hierarchy"), not(likeLINK1), not(likeLINK1),
	}},
}

// linkHasCase is a linkCase in which exactly the links that have an attribute pass.
func linkHasCase(query, name string) [pairings]cell {
	return except(linkCase(query, "Uri-Query="+query[1:]), engineWithLab, played(func(p *play) {
		var want []string
		for _, l := range p.holdLinks(p.ask(protocol.GET, "/.well-known/core", protocol.Content).Message.Payload, nil) {
			if _, has := l.Attribute(name); has {
				want = append(want, l.Target)
			}
		}
		slices.Sort(want)
		p.forget()
		p.holdLinks(p.ask(protocol.GET, "/.well-known/core"+query, protocol.Content).Message.Payload, want)
		p.firstOf("> CON GET mid=$m token=$t Uri-Path=.well-known,core Uri-Query=" + query[1:] + `
			< ACK 2.05 mid=$m token=$t Content-Format=40 payload`)
	}))
}
