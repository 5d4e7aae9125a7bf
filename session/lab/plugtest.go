package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// maxPlugtestBody is the largest body that the plugtest server takes, in octets.
const maxPlugtestBody = 128 << 10

// buildPlugtest sets up the resources of the ETSI CoAP plugtests. The names in comments are those of the test cases.
func buildPlugtest(d *device) {
	text := []message.MediaType{message.TextPlain}
	d.at("", "plugtest", link{rt: "lab.device", iface: "core.rp", ct: text}).text("ETSI CoAP plugtest server\n")
	buildCoreCases(d, text)
	buildLinkCases(d, text)
	buildBlockCases(d, text)
	buildObserveCases(d, text)
}

// describe is the answer of the resources that tell what they were asked.
func describe(r *request) []byte {
	var b strings.Builder
	kind := "CON"
	if r.typ == message.NonConfirmable {
		kind = "NON"
	}
	fmt.Fprintf(&b, "Type: %s\nCode: %s\nMID: %d\nToken: %x\nUri-Path: /%s\n", kind, dotted(r.code), r.mid, r.token, r.path())
	for _, q := range r.strings(message.URIQuery) {
		fmt.Fprintf(&b, "Uri-Query: %s\n", q)
	}
	return []byte(b.String())
}

func echo(r *request) response {
	return negotiate(r, form{message.TextPlain, func() []byte { return describe(r) }})
}

// document is a resource that can be written, deleted and made again.
type document struct {
	payload []byte
	format  message.MediaType
	gone    bool
}

func (doc *document) tag() []byte {
	if doc.gone {
		return nil
	}
	return tagOf(uint32(doc.format), doc.payload)
}

// put stores the payload and says whether the document was made or changed.
func (doc *document) put(r *request) response {
	code := codes.Changed
	if doc.gone {
		code = codes.Created
	}
	*doc = document{payload: slices.Clone(r.payload), format: r.format()}
	return status(code)
}

func (doc *document) get(r *request) response {
	if doc.gone {
		return status(codes.NotFound)
	}
	return negotiate(r, form{doc.format, func() []byte { return doc.payload }})
}

// buildCoreCases adds what the cases CORE 01 to 23 and 31 need.
func buildCoreCases(d *device, text []message.MediaType) {
	d.at("test", "Default test resource", link{rt: "lab.test", iface: "core.p", ct: text}).
		get(echo). // CORE 01, 05, 10, 12
		put(func(*request) response { return status(codes.Changed) }).
		post(func(*request) response { // CORE 04, 08, 18
			resp := status(codes.Created)
			for _, segment := range []string{"location1", "location2", "location3"} {
				resp = resp.add(message.LocationPath, []byte(segment))
			}
			return resp
		}).
		on(codes.DELETE, func(*request) response { return status(codes.Deleted) }) // CORE 02, 06
	d.at("location1/location2/location3", "Where POST /test says it created something", link{rt: "lab.test", ct: text}).get(echo)
	d.at("separate", "Cannot be served at once", link{rt: "lab.test", ct: text}). // CORE 09, 11, 16, 17
											get(func(r *request) response { return echo(r).via(separately(time.Second)) })
	d.at("seg1/seg2/seg3", "Path of three segments", link{rt: "lab.test", ct: text}).get(echo) // CORE 13
	d.at("query", "Tells the query it was given", link{rt: "lab.test", ct: text}).get(echo)    // CORE 14
	d.at("location-query", "POST answers with a Location-Query", link{rt: "lab.test"}).        // CORE 19
													post(func(*request) response {
			return status(codes.Created).add(message.LocationQuery, []byte("first=1")).add(message.LocationQuery, []byte("second=2"))
		})
	d.at("multi-format", "Text and XML", link{rt: "lab.test", ct: []message.MediaType{message.TextPlain, message.AppXML}}). // CORE 20
																get(func(r *request) response {
			return negotiate(r,
				form{message.TextPlain, func() []byte { return []byte("CoAP plugtest\n") }},
				form{message.AppXML, func() []byte { return []byte(`<?xml version="1.0"?><plugtest protocol="CoAP"/>`) }})
		})

	valid := &document{payload: []byte("Validate me.\n")}
	res := d.at("validate", "Has an ETag", link{rt: "lab.test", iface: "core.p", ct: text}) // CORE 21, 22
	res.tag = valid.tag
	res.get(func(r *request) response { return tagged(valid.get(r)) }).
		put(func(r *request) response { return valid.put(r).etag(valid.tag()) }, message.TextPlain)

	for i := range 3 { // CORE 23: a resource that does not exist before If-None-Match makes it
		path, doc := fmt.Sprintf("create%d", i+1), &document{gone: true}
		res := d.at(path, "Does not exist until it is PUT", link{rt: "lab.test", iface: "core.p", ct: text})
		res.tag = doc.tag
		res.get(func(r *request) response { return tagged(doc.get(r)) }).put(doc.put).
			on(codes.DELETE, func(*request) response {
				doc.gone = true
				return status(codes.Deleted)
			})
	}
}

// buildLinkCases adds what the cases LINK 01 to 09 need.
func buildLinkCases(d *device, text []message.MediaType) {
	for i, l := range []link{
		{rt: "Type1 Type2", iface: "If1", sz: func() int { return 18 }},
		{rt: "Type2 Type3", iface: "If2", sz: func() int { return 18 }},
		{rt: "Type1 Type3", iface: "foo"},
	} {
		l.ct = text
		path := fmt.Sprintf("link%d", i+1)
		d.at(path, "Link test resource", l).text("Link test /" + path + "\n")
	}
	d.at("path", "Hierarchy: links to the resources below", link{rt: "lab.hierarchy", iface: "core.ll", ct: []message.MediaType{message.AppLinkFormat}}).
		get(func(r *request) response { // LINK 09
			return negotiate(r, form{message.AppLinkFormat, func() []byte {
				return d.links(r.strings(message.URIQuery), func(res *resource) bool { return strings.HasPrefix(res.path, "path/") })
			}})
		})
	for i := range 3 {
		path := fmt.Sprintf("path/sub%d", i+1)
		d.at(path, "Below /path", link{rt: "lab.test", ct: text}).text("/" + path + "\n")
	}
}

// lines is a text of n octets in numbered lines of 64.
func lines(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%-63s\n", fmt.Sprintf("line %d, octets %d to %d", i, 64*i, 64*i+63))
	}
	return b.Bytes()[:n]
}

// buildBlockCases adds what the cases BLOCK 01 to 06 need.
func buildBlockCases(d *device, text []message.MediaType) {
	size := func(doc *document) func() int { return func() int { return len(doc.payload) } }
	large := &document{payload: lines(1700)}
	d.at("large", "Larger than a block", link{rt: "block", iface: "core.rp", ct: text, sz: size(large)}).
		get(func(r *request) response { return tagged(large.get(r)) })

	update := &document{payload: lines(1700)}
	res := d.at("large-update", "PUT something larger than a block", link{rt: "block", iface: "core.p", ct: text, sz: size(update)})
	res.limit, res.tag = maxPlugtestBody, update.tag
	res.get(func(r *request) response { return tagged(update.get(r)) }).put(update.put)

	created := &document{gone: true}
	res = d.at("large-create", "POST something larger than a block", link{rt: "block", iface: "core.p", ct: text})
	res.limit, res.tag = maxPlugtestBody, created.tag
	res.get(func(r *request) response { return tagged(created.get(r)) }).
		post(func(r *request) response {
			created.put(r)
			return status(codes.Created).add(message.LocationPath, []byte("large-create"))
		}).
		on(codes.DELETE, func(*request) response {
			created.gone = true
			return status(codes.Deleted)
		})

	res = d.at("large-post", "POST something large, get it back in capitals", link{rt: "block", iface: "core.p", ct: text})
	res.limit = maxPlugtestBody
	res.post(func(r *request) response {
		resp := content(message.TextPlain, bytes.ToUpper(r.payload))
		resp.code = codes.Changed
		return resp
	}, message.TextPlain)
}

// buildObserveCases adds what the cases OBS 01 to 10 need.
func buildObserveCases(d *device, text []message.MediaType) {
	// counter is an observable text that changes every period, until it is written.
	counter := func(path, title string, period time.Duration, confirm int, render func(n int64) []byte) *document {
		steps, doc, last := series{d, period}, &document{}, int64(-1)
		res := d.at(path, title, link{rt: "observe", iface: "core.p", ct: text}).observable(&subject{confirm: confirm, period: period})
		res.tag = doc.tag
		res.get(func(r *request) response {
			if n := steps.n(); n != last && !doc.gone && doc.format == message.TextPlain {
				doc.payload, last = render(n), n
			}
			return tagged(doc.get(r)).maxAge(uint32(max(5, 2*period/time.Second)))
		}).put(func(r *request) response { // OBS 08, 09
			resp := doc.put(r)
			last = steps.n()
			d.notify(path)
			return resp
		}).on(codes.DELETE, func(*request) response { // OBS 07
			doc.gone = true
			d.dismiss(path, status(codes.NotFound))
			return status(codes.Deleted)
		})
		return doc
	}
	count := func(n int64) []byte { return fmt.Appendf(nil, "%d", n) }
	const period = 5 * time.Second
	counter("obs", "Observable, changes every 5 s, CON", period, 1, count)
	counter("obs-non", "Observable, changes every 5 s, NON", period, 0, count)
	counter("obs-large", "Observable and larger than a block", period, 1, func(n int64) []byte {
		return append(fmt.Appendf(nil, "%-63d\n", n), lines(1636)...)
	})
	counter("obs-pumping", "Observable, changes ten times a second, CON", 100*time.Millisecond, 1, count)
	counter("obs-pumping-non", "Observable, changes ten times a second, NON", 100*time.Millisecond, 0, count)
	counter("obs-reset", "Observable; POST ends all observations", period, 1, count)
	d.resources["obs-reset"].post(func(*request) response {
		d.dismiss("obs-reset", status(codes.ServiceUnavailable))
		return status(codes.Changed)
	})
}
