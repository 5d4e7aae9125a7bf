package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Request is where a request is written: options, payload, message, and below them the exact bytes.
type Request struct {
	Object fyne.CanvasObject

	// FocusMethod and FocusType lead to what stands in the bar; nil for nothing.
	FocusMethod, FocusType func()

	bench   *view.Workbench
	built   draft.Built // of the draft, as it was shown last
	wire    view.Wire
	tabs    *widget.TabStrip
	stack   *fyne.Container
	panes   []requestPane
	options *optionEditor
	payload *payloadEditor
	message *messageEditor
	strip   *wireStrip
	meter   *Meter
	raw     *Raw
}

// requestPane is a tab of the request.
type requestPane struct {
	id     string
	object fyne.CanvasObject
}

// NewRequest makes the panel.
func NewRequest(bench *view.Workbench) *Request {
	p := &Request{bench: bench, raw: NewRaw(bench), meter: NewMeter(bench)}
	p.options, p.payload, p.message, p.strip = newOptionEditor(p), newPayloadEditor(p), newMessageEditor(p), newWireStrip(p)
	p.panes = []requestPane{{"options", p.options.object}, {"payload", p.payload.object}, {"message", p.message.object}, {"raw", p.raw.Object}}
	p.tabs = widget.NewTabStrip(
		widget.Tab{ID: "options", Title: "Options"},
		widget.Tab{ID: "payload", Title: "Payload"},
		widget.Tab{ID: "message", Title: "Message"},
		widget.Tab{ID: "raw", Title: "Raw"},
	)
	p.tabs.OnSelect = func(string) { p.choose() }
	p.stack = container.NewStack()
	for _, pane := range p.panes {
		p.stack.Add(pane.object)
	}
	p.Object = onPanel(Stacked(1, p.tabs, p.stack, p.strip.object, p.meter))
	p.choose()
	p.Refresh()
	return p
}

// choose shows the pane of the selected tab.
func (p *Request) choose() {
	for _, pane := range p.panes {
		if pane.id == p.tabs.Selected() {
			pane.object.Show()
		} else {
			pane.object.Hide()
		}
	}
	if p.tabs.Selected() == "raw" { // which shows the bytes itself
		p.strip.object.Hide()
		p.meter.Hide()
	} else {
		p.strip.object.Show()
		p.meter.Show()
	}
	p.stack.Refresh()
	p.Object.Refresh()
}

// Send sends what is shown: the bytes of raw mode as they are, or else the request.
func (p *Request) Send() {
	if p.tabs.Selected() == "raw" {
		p.raw.Send()
		return
	}
	p.bench.Send()
}

// Raw gives the panel of raw mode.
func (p *Request) Raw() *Raw { return p.raw }

// show opens the tab.
func (p *Request) show(tab string) {
	p.tabs.Select(tab)
	p.choose()
}

func (p *Request) draft() *draft.Draft { return &p.bench.Tab().Draft }

// changed notes that the draft was changed here.
func (p *Request) changed() { p.bench.Changed(view.PartDraft | view.PartTabs | view.PartBar) }

// Refresh shows the draft of the current tab.
func (p *Request) Refresh() {
	p.built = p.bench.Built()
	peek, _ := p.bench.Peek(&p.built)
	p.wire.SetNames(p.bench.Naming.Names)
	p.wire.Show(&p.built, peek)
	p.options.refresh()
	p.payload.refresh()
	p.message.refresh()
	d := p.draft()
	p.count("options", fmt.Sprint(len(p.built.Request.Message.Options)), view.Dim)
	p.markRaw()
	p.mark("payload", d.Payload != "", view.Payload, draft.PayloadField)
	p.mark("message", d.Settings != (draft.Settings{}), view.Dim, settingFields...)
	p.strip.refresh()
	p.meter.Measure(p.bench.Meter(p.wire.Bytes, &p.built))
	to := d.Address
	if _, bad := p.problem(draft.AddressField); !bad {
		to = p.built.Destination.String()
	}
	p.bench.Raw().Follow(p.wire.Bytes, to)
	p.raw.Refresh()
}

// RefreshRaw shows what became of the bytes of raw mode.
func (p *Request) RefreshRaw() {
	p.markRaw()
	p.raw.Refresh()
}

func (p *Request) markRaw() { p.mark("raw", p.draft().Raw != "", view.Warning, draft.RawField) }

func (p *Request) count(tab, text string, c view.Concept) {
	for _, problem := range p.built.Problems {
		if problem.Where == draft.OptionField && tab == "options" {
			text, c = text+" ✖", view.Error
			break
		}
	}
	p.tabs.SetCount(tab, text, c)
}

// mark says at a tab that there is something in it, or that something of it is wrong.
func (p *Request) mark(tab string, filled bool, c view.Concept, fields ...draft.Field) {
	text := ""
	if filled {
		text = "●"
	}
	for _, f := range fields {
		if _, bad := p.problem(f); bad {
			text, c = "✖", view.Error
		}
	}
	p.tabs.SetCount(tab, text, c)
}

// problem gives what is wrong with a field.
func (p *Request) problem(f draft.Field) (draft.Problem, bool) {
	for _, problem := range p.built.Problems {
		if problem.Where == f {
			return problem, true
		}
	}
	return draft.Problem{}, false
}

// Edit puts the cursor where a part of the message is written.
func (p *Request) Edit(s view.Spot) {
	switch s.Field {
	case draft.OptionField:
		p.show("options")
		p.options.focusPlace(s.Place)
	case draft.PayloadField:
		p.show("payload")
		p.payload.focus(-1)
	case view.MethodField:
		if p.FocusMethod != nil {
			p.FocusMethod()
		}
	case view.TypeField:
		if p.FocusType != nil {
			p.FocusType()
		}
	default:
		p.show("message")
		p.message.focus(s.Field)
	}
}

// AddOption opens the options and puts the cursor where one is named.
func (p *Request) AddOption() {
	p.show("options")
	p.options.adder.focus()
}

// EditRaw opens raw mode.
func (p *Request) EditRaw() {
	p.show("raw")
	p.raw.bits.bits.RequestFocus()
}

// EditPayload opens the payload and puts the cursor into it.
func (p *Request) EditPayload() {
	p.show("payload")
	p.payload.focus(-1)
}

// EditMessage opens the settings of the message and puts the cursor into the first.
func (p *Request) EditMessage() {
	p.show("message")
	p.message.focus(draft.TokenField)
}
