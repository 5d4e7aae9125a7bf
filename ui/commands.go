package ui

import (
	"slices"

	"coapscope/ui/view"
)

// commands is every command of the window, in the order of the menus. It is made before the panels, which take from it what their
// buttons do and say.
func (w *Window) commands() []view.Command {
	b := w.bench
	selected := func() string {
		if b.Inspector.Frame == nil {
			return "select a packet first"
		}
		return ""
	}
	editing := func() string {
		if !b.Inspector.Editing() {
			return "no message is being edited"
		}
		return ""
	}
	raw := func() bool { return w.request != nil && w.request.Raw().Focused() }
	tabs := func() string {
		if len(b.Tabs) < 2 {
			return "there is only this tab"
		}
		return ""
	}
	return slices.Concat([]view.Command{
		{
			ID: view.CmdOpen, Menu: "File", Title: "Open capture …", Key: "Ctrl+O", Do: w.openCapture,
			Help: "Look at the packets of a pcap or pcapng file",
		},
		{
			ID: view.CmdSave, Menu: "File", Title: "Save capture …", Key: "Ctrl+S", Do: w.saveCapture,
			Help: "Save the packets that are shown as pcapng, for Wireshark too",
			When: func() string {
				if b.Traffic.Total() == 0 {
					return "there are no packets yet"
				}
				return ""
			},
		},
		{
			ID: view.CmdRecord, Menu: "File", Title: "Record, or stop recording", Key: "Ctrl+R", Do: w.record,
			Help: "Write the live packets to a file while they come",
		},
		{
			ID: view.CmdRecordTo, Menu: "File", Title: "Record to another file …", Do: w.recordTo,
			Help: "Choose the file that live packets are written to while they come",
		},
		{
			ID: view.CmdPaste, Menu: "File", Title: "Paste a message …", Key: "Ctrl+Shift+V", Do: w.pasteMessage,
			Help: "Take a message apart that was copied elsewhere",
		},
		{
			ID: view.CmdNames, Menu: "File", Title: "Names of options and codes …", Key: "Ctrl+Shift+N", Do: w.editNames,
			Help: "Name what vendors use and no registry has",
		},
		{
			ID: view.CmdCloseTab, Menu: "File", Title: "Close tab", Key: "Ctrl+W", Do: func() { b.CloseTab(b.Tab().ID) },
			Help: "Close the request tab, and end what it has open",
		},
		{
			ID: view.CmdReopenTab, Menu: "File", Title: "Open the closed tab again", Key: "Ctrl+Shift+T", Do: b.ReopenTab, When: b.WhyNoClosedTab,
			Help: "Have the request tab back that was closed last, with what was changed in it",
		},

		{
			ID: view.CmdNewTab, Menu: "Request", Title: "New request tab", Key: "Ctrl+N", Do: func() { b.NewTab() },
			Help: "Write another request, to the same device",
		},
		{
			ID: view.CmdNextTab, Menu: "Request", Title: "Next tab", Key: "Ctrl+Tab", When: tabs, Do: func() { w.tabs.Step(1) },
			Help: "Go to the request tab at the right",
		},
		{
			ID: view.CmdPreviousTab, Menu: "Request", Title: "Previous tab", Key: "Ctrl+Shift+Tab", When: tabs, Do: func() { w.tabs.Step(-1) },
			Help: "Go to the request tab at the left",
		},
		{
			ID: view.CmdSend, Menu: "Request", Title: "Send", Key: "Ctrl+Enter", Also: []string{"Ctrl+Keypad Enter"}, Do: func() { w.request.Send() },
			Help: "Send the request",
		},
		{
			ID: view.CmdRepeat, Menu: "Request", Title: "Repeat", Key: "F5", Do: func() { w.request.Send() },
			Help: "Send the request once more",
		},
		{
			ID: view.CmdMany, Menu: "Request", Title: "Send many times …", Key: "Ctrl+F5", Do: w.sendMany,
			Help: "Send the request many times, and see how it fares",
		},
		{
			ID: view.CmdObserve, Menu: "Request", Title: "Observe, or stop observing", Key: "Ctrl+E", Do: b.Observe,
			Help: "Follow the value: register for notifications (RFC 7641)",
		},
		{
			ID: view.CmdToGroup, Menu: "Request", Title: "Send it to a group …", Do: func() { w.bar.OpenGroups() },
			Help: "Choose the group, or the device, that the request goes to",
		},
		{
			ID: view.CmdCode, Menu: "Request", Title: "Another code …", Do: w.editCode,
			Help: "Ask with a code that is none of the usual methods",
		},
		{
			ID: view.CmdAddOption, Menu: "Request", Title: "Add an option", Key: "Ctrl+Shift+O", Do: func() { w.request.AddOption() },
			Help: "Give the request an option by its name or number",
		},
		{
			ID: view.CmdPayload, Menu: "Request", Title: "Write the payload", Key: "Ctrl+Shift+P", Do: func() { w.request.EditPayload() },
			Help: "Give the request a body",
		},
		{
			ID: view.CmdMessage, Menu: "Request", Title: "Settings of the message", Key: "Ctrl+Shift+M", Do: func() { w.request.EditMessage() },
			Help: "Choose type, token, message ID and how it is transmitted",
		},
		{
			ID: view.CmdRaw, Menu: "Request", Title: "Raw bytes", Key: "Ctrl+Shift+R", Do: func() { w.request.EditRaw() },
			Help: "Write the request byte by byte, and send it as it is",
		},
		{
			ID: view.CmdDraftBits, Menu: "Request", Title: "Show its bits as they are typed", Key: "Ctrl+Shift+I", Do: b.InspectDraft,
			Help: "Have the inspector show the request before it is sent",
		},
		{
			ID: view.CmdSaveRequest, Menu: "Request", Title: "Save request", Key: "Ctrl+Shift+S", Do: w.saveRequest,
			Help: "Write the request into its file of a collection",
		},
		{
			ID: view.CmdSaveAs, Menu: "Request", Title: "Save request as …", Do: w.saveRequestAs,
			Help: "Write the request into a new file of a collection",
		},
		{
			ID: view.CmdVariables, Menu: "Request", Title: "Variables …", Do: w.editVariables,
			Help: "Give {{variables}} their values, by environments",
		},
		{
			ID: view.CmdCancel, Menu: "Request", Title: "Cancel", Key: "Esc", Do: b.CancelAny,
			Help: "End the exchange that is under way, or the reading of values",
			When: func() string {
				if b.Tab().State == view.TabIdle && b.Tab().Asks == nil && !b.Reading.Running {
					return "nothing is under way"
				}
				return ""
			},
		},

		{
			ID: view.CmdEdit, Menu: "Message", Title: "Edit a copy, or show the original", Key: "Ctrl+M", When: selected,
			Do:   func() { w.inspector.ToggleEditing() },
			Help: "Change a copy of the message, and send it as it is then",
		},
		{
			ID: view.CmdUndo, Menu: "Message", Title: "Undo change", Key: "Ctrl+Z", Do: w.undo,
			Help: "Take back the last change",
			When: func() string {
				if e := b.Inspector.Edited(); !raw() && (e == nil || !e.CanUndo()) {
					return "nothing was changed"
				}
				return ""
			},
		},
		{
			ID: view.CmdRedo, Menu: "Message", Title: "Redo change", Key: "Ctrl+Shift+Z", Also: []string{"Ctrl+Y"}, Do: w.redo,
			Help: "Make it again",
			When: func() string {
				if e := b.Inspector.Edited(); !raw() && (e == nil || !e.CanRedo()) {
					return "no change was taken back"
				}
				return ""
			},
		},
		{
			ID: view.CmdRevert, Menu: "Message", Title: "Revert all changes", When: editing, Do: func() { w.inspector.Revert() },
			Help: "Forget all changes",
		},
		{
			ID: view.CmdSendCopy, Menu: "Message", Title: "Send the copy as it is", Key: "Ctrl+Shift+Enter", Do: w.sendBytes,
			Help: "Send the bytes that are edited, malformed or not",
			When: func() string {
				if raw() {
					return ""
				}
				return editing()
			},
		},
		{
			ID: view.CmdReport, Menu: "Message", Title: "Copy as bug report", When: selected, Do: func() { w.inspector.CopyReport() },
			Help: "Copy the message and what is wrong with it as Markdown",
		},
		{
			ID: view.CmdWhy, Menu: "Message", Title: "Why no answer?", Key: "Ctrl+U", When: selected, Do: w.whyNoAnswer,
			Help: "Show what is known of a request without an answer, and the next step",
		},
		{
			ID: view.CmdCompare, Menu: "Message", Title: "Compare with the message before", Key: "Ctrl+J", When: selected,
			Do:   func() { w.inspector.ComparePrevious() },
			Help: "Put the message beside the one before it",
		},
		{
			ID: view.CmdComparePin, Menu: "Message", Title: "Compare others with this message", Key: "Ctrl+Shift+J", When: selected,
			Do:   func() { w.inspector.ComparePinned() },
			Help: "Put the messages that are selected from now on beside this one",
		},

		{
			ID: view.CmdDiscover, Menu: "Devices", Title: "Discover", Key: "Ctrl+D", Do: b.Discover,
			Help: "Ask all CoAP nodes on the chosen interfaces for their resources, and DNS-SD for more of them",
		},
		{
			ID: view.CmdSearch, Menu: "Devices", Title: "Search for devices …", Key: "Ctrl+Shift+L", Do: w.showSearch,
			Help: "Choose where devices are searched and how, and see all that is sent before it is",
		},
		{
			ID: view.CmdAddDevice, Menu: "Devices", Title: "Add a device …", Key: "Ctrl+Shift+D", Do: func() { w.devices.Add() },
			Help: "Ask a host for its resources",
		},
		{
			ID: view.CmdObserveAll, Menu: "Devices", Title: "Observe all of the device", Key: "Ctrl+Shift+E", Do: b.WatchSelected, When: b.WhyNoDevice,
			Help: "Follow every resource of the selected device that can be observed",
		},
		{
			ID: view.CmdNewGroup, Menu: "Devices", Title: "New group …", Do: func() { w.editGroup("", "") },
			Help: "Name a multicast address, or a list of devices, to ask all of them at once",
		},
		{
			ID: view.CmdLab, Menu: "Devices", Title: "Start the lab", Do: w.startLab,
			Help: "Start virtual devices on loopback, to explore without hardware",
			When: func() string {
				if b.LabRuns() {
					return "the lab runs"
				}
				return ""
			},
		},
		{
			ID: view.CmdFaults, Menu: "Devices", Title: "Make the network bad …", Key: "Ctrl+Shift+B", Do: w.editFaults,
			Help: "Lose, delay, double, reorder or corrupt datagrams on purpose",
		},
		w.mode(view.CmdByPath, view.TreeByPath, "Devices, and their resources by the segments of their paths"),
		w.mode(view.CmdByDevice, view.TreeByDevice, "Devices, and their resources with their whole paths"),
		w.mode(view.CmdByType, view.TreeByType, "Resource types (rt), and the resources of all devices that have them"),
		w.mode(view.CmdByInterface, view.TreeByInterface, "Interface descriptions (if), and the resources of all devices that have them"),
		w.mode(view.CmdFlat, view.TreeFlat, "The resources of all devices in one list"),
		{
			ID: view.CmdUnfoldAll, Menu: "Devices", Title: "Unfold all devices", Do: func() { w.devices.FoldAll(true) },
			Help: "Show all resources of all devices", When: w.noDevices,
		},
		{
			ID: view.CmdFoldAll, Menu: "Devices", Title: "Fold all devices", Do: func() { w.devices.FoldAll(false) },
			Help: "Show devices, types or interfaces only", When: w.noDevices,
		},
		{
			ID: view.CmdReadValues, Menu: "Devices", Title: "Read values again", Key: "Ctrl+Shift+U", Do: func() { w.devices.ReadAgain() },
			Help: "GET the selected resource, or all that the selected device or type has", When: w.noDevices,
		},
		{
			ID: view.CmdReadAll, Menu: "Devices", Title: "Read all values", Do: b.ReadAll,
			Help: "GET all resources that the tree shows, a few at a time", When: w.noDevices,
		},
		{
			ID: view.CmdReadLinks, Menu: "Devices", Title: "Ask for /.well-known/core again", Do: b.ReadSelectedLinks,
			Help: "Ask the selected device for /.well-known/core again", When: b.WhyNoDevice,
		},
		{
			ID: view.CmdForgetLost, Menu: "Devices", Title: "Forget lost devices", Do: b.ForgetLost,
			Help: "Take out of the list what was silent three times, but for what has a name of yours", When: w.noDevices,
		},
	}, w.directoryCommands(), []view.Command{
		{
			ID: view.CmdPalette, Menu: "View", Title: "All commands …", Key: "Ctrl+K", Do: w.showPalette,
			Help: "Find a command, a resource or a tab by a few letters",
		},
		{
			ID: view.CmdKeys, Menu: "View", Title: "All keys", Key: "Ctrl+/", Also: []string{"Ctrl+Shift+/", "F1"}, Do: w.showKeys,
			Help: "Show the key of every command",
		},
		{
			ID: view.CmdAddress, Menu: "View", Title: "Go to the address", Key: "Ctrl+L", Do: func() { w.bar.FocusAddress() },
			Help: "Write what to ask for",
		},
		{
			ID: view.CmdPackets, Menu: "View", Title: "Show the packets", Key: "Ctrl+1", Do: func() { w.packets.ShowPackets() },
			Help: "Show every packet, in order",
		},
		{
			ID: view.CmdFindings, Menu: "View", Title: "Show what is wrong with the packets", Key: "Ctrl+2", Do: func() { w.packets.ShowFindings() },
			Help: "Show the findings of all packets",
		},
		{
			ID: view.CmdLadder, Menu: "View", Title: "Show the ladder", Key: "Ctrl+3", Do: func() { w.packets.ShowLadder() },
			Help: "Show the packets as a picture of who sent what to whom",
		},
		{
			ID: view.CmdExchanges, Menu: "View", Title: "Show the exchanges", Key: "Ctrl+4", Do: func() { w.packets.ShowExchanges() },
			Help: "Show what is open, and what came of the rest",
		},
		{
			ID: view.CmdWatch, Menu: "View", Title: "Show what is observed", Key: "Ctrl+5", Do: func() { w.packets.ShowObservations() },
			Help: "Show all observations, with their values over time",
		},
		{
			ID: view.CmdFilter, Menu: "View", Title: "Go to the packet filter", Key: "Ctrl+F", Do: func() { w.packets.FocusFilter() },
			Help: "Show only some of the packets",
		},
		{
			ID: view.CmdDeviceFilter, Menu: "View", Title: "Go to the device filter", Key: "Ctrl+Shift+F", Do: func() { w.devices.FocusFilter() },
			Help: "Show only some devices and resources",
		},
		{
			ID: view.CmdFoldDevices, Menu: "View", Title: "Fold the devices", Key: "Ctrl+B", Do: func() { w.left.Fold(!w.left.Folded()) },
			Help: "Fold the left side away, or have it back",
		},
		{
			ID: view.CmdFoldInspect, Menu: "View", Title: "Fold the inspector", Key: "Ctrl+I", Do: func() { w.right.Fold(!w.right.Folded()) },
			Help: "Fold the right side away, or have it back",
		},
		{
			ID: view.CmdHistory, Menu: "View", Title: "History", Key: "Ctrl+H", Do: w.showHistory,
			Help: "Search all that was asked, and open it again with its answer",
		},
		{
			ID: view.CmdLarger, Menu: "View", Title: "Larger", Key: "Ctrl+=", Also: []string{"Ctrl++", "Ctrl+Shift+="}, Do: func() { w.zoom(1) },
			Help: "Draw everything larger",
		},
		{
			ID: view.CmdSmaller, Menu: "View", Title: "Smaller", Key: "Ctrl+-", Do: func() { w.zoom(-1) },
			Help: "Draw everything smaller",
		},
		{
			ID: view.CmdNormalSize, Menu: "View", Title: "Normal size", Key: "Ctrl+0", Do: func() { w.zoom(0) },
			Help: "Draw everything in its usual size",
		},
		{
			ID: view.CmdTheme, Menu: "View", Title: "Dark, light, or as the system", Do: w.nextMode,
			Help: "Change between the dark theme, the light one, and that of the system",
		},
	})
}

// undo, redo and sendBytes are for the bytes that have the focus: those of raw mode, or else those of the inspector.
func (w *Window) undo() {
	if w.request.Raw().Focused() {
		w.request.Raw().Undo()
		return
	}
	w.inspector.Undo()
}

func (w *Window) redo() {
	if w.request.Raw().Focused() {
		w.request.Raw().Redo()
		return
	}
	w.inspector.Redo()
}

func (w *Window) sendBytes() {
	if w.request.Raw().Focused() {
		w.request.Raw().Send()
		return
	}
	w.inspector.Send()
}

// mode gives the command that arranges devices and resources in some way.
func (w *Window) mode(id view.CommandID, m view.TreeMode, help string) view.Command {
	return view.Command{
		ID: id, Menu: "Devices", Title: "Arrange the tree " + m.String(), Do: func() { w.devices.SetMode(m) }, Help: help,
		When: func() string {
			if w.bench.Devices.Mode() == m {
				return "it is already"
			}
			return ""
		},
	}
}

func (w *Window) noDevices() string {
	if w.bench.Devices.Len() == 0 {
		return "there are no devices yet"
	}
	return ""
}
