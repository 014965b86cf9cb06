namespace NetControl.ControlPlane.Lists;

/// <summary>Reads one value of an item.</summary>
internal delegate TValue ListGetter<T, out TValue>(in T item);
