// Why an alert may be a false alarm, by hazard.
const REASONS = {
  flame: ["reflection", "vehicle_lights", "sunlight", "steam", "welding", "other"],
  ebike: ["bicycle", "wheelchair", "passing", "allowed", "other"],
  flying_lead: ["fixed_cable", "clothes_line", "shadow", "allowed", "other"],
  clutter: ["person", "moving", "shadow", "allowed", "other"],
};
const ANY = ["reflection", "shadow", "person", "allowed", "other"];

export const reasonsOf = (hazard) => REASONS[hazard] ?? ANY;
