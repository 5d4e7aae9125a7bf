package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// wantMore asks for the next page when the list has come near its end. It is called while the list is painted.
func wantMore(l *view.Lookup, row int) {
	if row >= l.Len()-10 && l.HasMore() && !l.Running() {
		if _, concept := l.Summary(); concept != view.Error && concept != view.Warning {
			fyne.Do(l.More)
		}
	}
}

type endpointModel struct{ p *Directory }

// Len implements widget.ListModel.
func (m endpointModel) Len() int { return m.p.dirs.Endpoints.Len() }

// Cell implements widget.ListModel.
func (m endpointModel) Cell(row, column int) widget.Cell {
	if column == 0 {
		wantMore(&m.p.dirs.Endpoints, row)
	}
	switch r := m.p.dirs.Endpoints.Endpoint(row); column {
	case 0:
		return widget.Cell{Text: r.Name, Sans: true, Bold: true}
	case 1:
		return widget.Cell{Text: r.Sector, Concept: view.Dim}
	case 2:
		return widget.Cell{Text: r.Base}
	case 3:
		return widget.Cell{Text: r.Type, Concept: view.Dim}
	case 4:
		return widget.Cell{Text: r.Device, Concept: r.Concept}
	default:
		return widget.Cell{Text: r.Others, Concept: view.Dim}
	}
}

type resourceModel struct{ p *Directory }

// Len implements widget.ListModel.
func (m resourceModel) Len() int { return m.p.dirs.Resources.Len() }

// Cell implements widget.ListModel.
func (m resourceModel) Cell(row, column int) widget.Cell {
	if column == 0 {
		wantMore(&m.p.dirs.Resources, row)
	}
	switch r := m.p.dirs.Resources.Resource(row); column {
	case 0:
		return widget.Cell{Text: r.URI}
	case 1:
		return widget.Cell{Text: r.Types, Concept: view.OptionA}
	case 2:
		return widget.Cell{Text: r.Interfaces, Concept: view.Dim}
	case 3:
		return widget.Cell{Text: r.Formats, Concept: view.Dim}
	case 4:
		if r.Observable {
			return widget.Cell{Text: "yes", Concept: view.Good}
		}
		return widget.Cell{}
	case 5:
		return widget.Cell{Text: r.Title, Sans: true}
	default:
		return widget.Cell{Text: r.Others, Concept: view.Dim}
	}
}

type ownModel struct{ p *Directory }

// Len implements widget.ListModel.
func (m ownModel) Len() int { return m.p.dirs.Own() }

// Cell implements widget.ListModel.
func (m ownModel) Cell(row, column int) widget.Cell {
	switch r := m.p.dirs.OwnRow(row, m.p.now); column {
	case 0:
		return widget.Cell{Text: r.Sign + " " + r.Word, Concept: r.Concept}
	case 1:
		return widget.Cell{Text: r.Name, Sans: true, Bold: true}
	case 2:
		return widget.Cell{Text: r.Directory, Concept: view.Dim}
	case 3:
		return widget.Cell{Text: r.Location, Concept: view.Dim}
	case 4:
		if r.Left == "" {
			return widget.Cell{}
		}
		return widget.Cell{Bar: true, Share: r.Share, Concept: r.Concept}
	case 5:
		return widget.Cell{Text: r.Left}
	default:
		if r.Auto {
			return widget.Cell{Text: "by itself", Concept: view.Accent}
		}
		return widget.Cell{Text: "by hand", Concept: view.Dim}
	}
}
