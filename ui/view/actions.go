package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// follower makes the actions of an answer.
type follower struct {
	*Workbench
	tab *Tab
	a   *Answer
	q   *question
	all []Action
}

// Actions gives what can be done next with the answer of the current tab, what is nearest first; none while there is no
// answer.
func (w *Workbench) Actions() []Action {
	t := w.Tab()
	a := t.Shown()
	if a == nil || a.Err != nil || a.question == nil || !a.Message.Code.IsResponse() {
		return nil
	}
	f := follower{Workbench: w, tab: t, a: a, q: a.question}
	f.refused()
	f.created()
	f.blocks()
	f.observation()
	f.links()
	f.tags()
	f.single()
	return f.all
}

func (f *follower) add(id, title, hint string, do func()) {
	f.all = append(f.all, Action{ID: id, Title: title, Hint: hint, Do: do})
}

// menu adds actions: the only one as it is, more of them in a menu.
func (f *follower) menu(id, title, hint string, items []Action) {
	switch len(items) {
	case 0:
	case 1:
		f.all = append(f.all, items[0])
	default:
		f.all = append(f.all, Action{ID: id, Title: title, Hint: hint, Menu: items})
	}
}

// send asks once more with a changed request; ready only writes it.
func (f *follower) send(change func(*draft.Draft)) func()  { return f.again(f.q, change, f.Send) }
func (f *follower) ready(change func(*draft.Draft)) func() { return f.again(f.q, change, nil) }

// opens gives what opens a URI.
func (f *follower) opens(uri string) func() { return func() { f.Open(uri, false) } }

// short gives a URI as a path where it is of the host that was asked.
func (f *follower) short(uri string) string {
	u := f.q.uri
	u.Path, u.Query = nil, nil
	if rest, ok := strings.CutPrefix(uri, strings.TrimSuffix(u.String(), "/")+"/"); ok {
		return "/" + rest
	}
	return uri
}

// created is for what the request has made or changed.
func (f *follower) created() {
	uri, located := f.a.location()
	method := f.q.message.Code
	clause := "It leads to what was created (RFC 7252 §5.10.7)"
	if !located {
		if f.a.Message.Code.Class() != 2 || f.a.Message.Code == protocol.Deleted || method == protocol.GET || method == protocol.FETCH || method == protocol.DELETE {
			return
		}
		uri, clause = f.q.uri.String(), "See what the resource is now (RFC 7252 §5.8.1)"
	}
	f.add("open", "GET "+f.short(uri), clause+": "+uri, f.opens(uri))
	if f.a.Message.Code == protocol.Created && (located || method == protocol.PUT) {
		f.add("delete", "DELETE it …", "Writes a DELETE of "+uri+" to be sent (RFC 7252 §5.8.4)", func() {
			t := f.NewTab()
			t.Draft = draft.Draft{Method: protocol.DELETE, Address: uri}
			f.Changed(PartBar | PartTabs | PartDraft | PartAnswer)
		})
	}
}

// links are the references in the payload.
func (f *follower) links() {
	var items []Action
	for _, uri := range f.linksOf(f.a) {
		items = append(items, Action{ID: "link", Title: "GET " + f.short(uri), Hint: "The payload refers to " + uri, Do: f.opens(uri)})
	}
	f.menu("links", fmt.Sprintf("%d links", len(items)), "What the payload refers to, resolved by RFC 3986 §5.2", items)
}

// tags are for an answer with an ETag.
func (f *follower) tags() {
	tag, ok := f.a.Message.Options.First(protocol.ETag)
	reads := f.q.message.Code == protocol.GET || f.q.message.Code == protocol.FETCH
	switch {
	case f.a.Message.Code == protocol.Valid && reads:
		f.add("whole", "Fetch it anyway", "Without ETag: the representation itself, though it has not changed (RFC 7252 §5.9.1.3)", f.send(func(d *draft.Draft) { d.Remove(protocol.ETag) }))
	case !ok || f.a.Message.Code.Class() != 2:
		return
	}
	text := fmt.Sprintf("0x%x", tag)
	if reads && f.a.Message.Code == protocol.Content {
		f.add("validate", "Still valid?", "Asks with the ETag, and gets 2.03 without payload if it has not changed (RFC 7252 §5.10.6.2)", f.send(func(d *draft.Draft) {
			d.Remove(protocol.ETag)
			d.SetOption(protocol.ETag, text)
		}))
	}
	f.add("if-match", "ETag as If-Match", "Writes a PUT that is done only if the resource is still as it is here, so that no change of others is lost (RFC 7252 §5.10.8.1)", f.ready(func(d *draft.Draft) {
		for _, n := range []protocol.OptionNumber{protocol.ETag, protocol.Accept, protocol.Block2, protocol.IfMatch, protocol.IfNoneMatch} {
			d.Remove(n)
		}
		if d.Method == protocol.GET || d.Method == protocol.FETCH || d.Method == protocol.POST {
			d.Method, d.Plain = protocol.PUT, false
			if d.Payload == "" && d.Form != draft.File {
				f.write(d)
			}
		}
		d.SetOption(protocol.IfMatch, text)
	}))
}

// maxWritten bounds the payload of an answer that becomes that of a request, in bytes.
const maxWritten = 64 << 10

// write makes the answer's payload that of the request, in the form in which it is best written.
func (f *follower) write(d *draft.Draft) {
	data := f.a.Message.Payload
	if len(data) == 0 || len(data) > maxWritten {
		return
	}
	d.Form, d.Payload = draft.Hex, fmt.Sprintf("% x", data)
	format := f.a.format()
	notation, err := payload.Diagnostic(data)
	switch {
	case (format == int(protocol.CBOR) || format == int(protocol.SenMLCBOR)) && err == nil:
		d.Form, d.Payload = draft.Diagnostic, notation
	case format == int(protocol.JSON) && payload.CheckJSON(string(data)) == nil:
		d.Form, d.Payload = draft.JSON, string(data)
	case utf8.Valid(data) && !strings.ContainsRune(string(data), 0):
		d.Form, d.Payload = draft.Text, string(data)
	}
	if format >= 0 {
		d.SetOption(protocol.ContentFormatOption, draft.ContentFormatText(protocol.ContentFormat(format)))
	}
}

// blocks are for an answer that is a block.
func (f *follower) blocks() {
	b, ok := f.a.Message.Options.Block(protocol.Block2)
	if !ok {
		return
	}
	if b.More && b.Num < protocol.MaxBlockNum {
		f.add("next", fmt.Sprintf("Next block, %d", b.Num+1), blockHint, f.block(b.Num+1, b.Size()))
	}
	if b.Num > 0 {
		f.add("previous", fmt.Sprintf("Block %d", b.Num-1), blockHint, f.block(b.Num-1, b.Size()))
	}
	if b.More || b.Num > 0 {
		f.add("all", "All blocks", "Asks for the whole body, block after block (RFC 7959 §2.4)", f.send(func(d *draft.Draft) {
			d.Remove(protocol.Block2)
			d.Plain = false
		}))
	}
}

const blockHint = "Asks for this block alone (RFC 7959 §2.4)"

// block gives what asks for one block.
func (f *follower) block(num uint32, size int) func() {
	return f.send(func(d *draft.Draft) {
		d.SetOption(protocol.Block2, fmt.Sprintf("%d/0/%d", num, size))
		d.Plain = true
	})
}

// single is for a body that came in blocks, to look at them one by one.
func (f *follower) single() {
	if f.a.Exchanges-f.a.Echoed < 2 || f.a.Message.Options.Has(protocol.Block2) || len(f.q.message.Payload) > 0 || f.a.Message.Code != protocol.Content {
		return
	}
	size := f.q.draft.BlockSize
	if size == 0 {
		size = 1024
	}
	f.add("block", "Block 0 alone", blockHint+", to go on block by block", f.block(0, size))
}

// observation is for an answer of a resource that can be followed.
func (f *follower) observation() {
	switch {
	case f.tab.State == TabObserving:
		f.add("observe", "Stop observing", "Deregisters (RFC 7641 §3.6)", f.Observe)
		return
	case f.a.Message.Code.Class() != 2 || f.q.message.Code != protocol.GET && f.q.message.Code != protocol.FETCH:
		return
	}
	if f.q.uri.PathQuery() == "/.well-known/core" {
		return
	}
	if n := f.resource(); n != nil && !n.Observable() && !f.a.Message.Options.Has(protocol.Observe) {
		return // the device says that it cannot
	}
	f.add("observe", "Observe this", "Registers for notifications, if the device can do that (RFC 7641 §3.1)", f.again(f.q, func(*draft.Draft) {}, f.Observe))
}

// resource gives what the device said of the resource; nil for nothing.
func (f *follower) resource() *discovery.Node {
	d, ok := f.known.Get(f.a.From)
	if !ok {
		return nil
	}
	if n := d.Tree.Find(f.q.uri.PathQuery()); n != nil && len(n.Links) > 0 {
		return n
	}
	u := f.q.uri
	u.Query = nil
	if n := d.Tree.Find(u.PathQuery()); n != nil && len(n.Links) > 0 {
		return n
	}
	return nil
}

// formats are the content formats that the device lists for the resource.
func (f *follower) formats() (formats []protocol.ContentFormat) {
	if n := f.resource(); n != nil {
		for _, ct := range n.ContentFormats() {
			formats = append(formats, protocol.ContentFormat(ct))
		}
	}
	return formats
}

func formatList(formats []protocol.ContentFormat) string {
	var texts []string
	for _, f := range formats {
		texts = append(texts, draft.ContentFormatText(f))
	}
	return strings.Join(texts, ", ")
}
