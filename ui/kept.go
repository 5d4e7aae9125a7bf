package ui

import (
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"coapscope/ui/keep"
	"coapscope/ui/panel"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Keep has the window go on with what was kept, and keep what is to be.
func (w *Window) Keep(store *keep.Store, tabs keep.Tabs) {
	w.bench.Keep(store, tabs)
	// What other programs have changed meanwhile is seen when the user comes back from them.
	w.app.Lifecycle().SetOnEnteredForeground(func() { fyne.Do(w.bench.RefreshKept) })
}

func (w *Window) keptActions() panel.KeptActions {
	return panel.KeptActions{
		SaveAs: w.saveRequestAs, Rename: w.rename, NewFolder: w.newFolder,
		Import: w.importRequests, Open: w.openFolder, Export: w.exportRequests, History: w.showHistory,
		EditGroup: w.editGroup,
	}
}

// saveRequest writes the current request into its file, or asks for the name of one.
func (w *Window) saveRequest() {
	if !w.bench.Collections.Save() {
		w.saveRequestAs()
	}
}

func (w *Window) saveRequestAs() {
	c := w.bench.Collections
	w.askLine(line{title: "Save the request as", placeholder: "folder/name", button: "Save", text: c.Suggest(), check: c.CheckName, take: c.SaveAs})
}

func (w *Window) rename(path string) {
	name := keep.NameOf(path)
	w.askLine(line{title: "Rename " + name, placeholder: "name", button: "Rename", text: name, check: checkName, take: func(name string) error {
		return w.bench.Collections.Rename(path, name)
	}})
}

func (w *Window) newFolder(parent string) {
	w.askLine(line{title: "New folder", placeholder: "name", button: "Make", check: checkName, take: func(name string) error {
		return w.bench.Collections.NewFolder(parent, name)
	}})
}

func checkName(name string) (string, bool) {
	if err := keep.CheckName(name); err != nil {
		return err.Error(), false
	}
	return "", true
}

// showHistory shows all that was asked, with the cursor in the search.
func (w *Window) showHistory() {
	if w.asking() {
		return
	}
	canvas := w.window.Canvas()
	w.history = panel.NewHistory(w.bench)
	o := widget.NewOverlay(w.history.Object, historySize)
	w.history.Close = o.Hide
	w.over(o, view.CmdHistory)
	hidden := o.OnHide
	o.OnHide = func() {
		hidden()
		w.history = nil
		w.bench.History.SetSearch("")
	}
	canvas.Focus(w.history.Field())
}

// historySize is that of the history, where the window has the room.
var historySize = fyne.NewSize(980, 760)

// editVariables asks for the variables of all environments.
func (w *Window) editVariables() {
	var made []string
	for _, v := range view.DynamicVariables {
		made = append(made, "{{"+v.Name+"}}")
	}
	w.ask("Variables",
		"An environment in brackets, below it a variable a line: “host = 192.0.2.1”, “secret key = …”. Requests hold their names, as {{host}}. Secrets are kept in "+
			w.bench.SecretsPlace()+" and not shown again. The program makes "+strings.Join(made, ", ")+".",
		"Save", w.bench.EnvironmentsText(),
		func(text string) (string, view.Concept, bool) {
			if _, err := w.bench.ParseEnvironments(text); err != nil {
				return "✖ " + err.Error(), view.Error, false
			}
			return "Every line can be read", view.Good, true
		},
		func(text string) bool {
			err := w.bench.SaveEnvironments(text)
			if err != nil {
				w.bench.Say(view.Error, "%v", err)
			}
			return err == nil
		})
}

func (w *Window) environmentMenu() *fyne.Menu { return panel.EnvironmentMenu(w.bench, w.editVariables) }

// folder asks for a folder and does something with it.
func (w *Window) folder(title string, take func(path string)) {
	if w.asking() {
		return
	}
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		switch {
		case err != nil:
			w.bench.Say(view.Error, "%s: %v", title, err)
		case folder != nil:
			take(filepath.FromSlash(folder.Path()))
		}
	}, w.window)
	w.show(d)
}

func (w *Window) openFolder() { w.folder("Open", w.bench.Collections.OpenFolder) }

// importRequests asks for the path of a folder or an archive; one dialog of the toolkit takes only one of them.
func (w *Window) importRequests() {
	w.askLine(line{
		title: "Import a folder of requests, or a zip of one", placeholder: "/path/of/it", button: "Import",
		check: func(path string) (string, bool) {
			if strings.TrimSpace(path) == "" {
				return "write its path; an archive can be dropped onto the window, too", false
			}
			return "", true
		},
		take: func(path string) error {
			w.bench.Collections.Import(expandHome(strings.TrimSpace(path)))
			return nil
		},
	})
}

// takesDropped imports an archive, or opens a request, that was dropped onto the window, and tells whether it is one.
func (w *Window) takesDropped(u fyne.URI) bool {
	path := filepath.FromSlash(u.Path())
	switch {
	case u.Scheme() != "file":
		return false
	case strings.EqualFold(u.Extension(), ".zip"):
		w.bench.Collections.Import(path)
	case strings.HasSuffix(path, keep.Extension):
		w.bench.Collections.OpenFile(path)
	default:
		return false
	}
	return true
}

func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

func (w *Window) exportRequests(folder string) {
	w.saveFile("Export", filepath.Base(folder)+".zip", func(file fyne.URIWriteCloser) {
		w.bench.Collections.Export(folder, file.URI().Name(), file)
	})
}
