namespace NetControl.ControlPlane.Lists;

/// <summary>Whether a list has an item. Pure, and without allocation: event loops ask it of each of their sessions.</summary>
internal delegate bool ListPredicate<T>(in T item);
